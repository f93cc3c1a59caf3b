"""Values as text of the language, and the names that the text needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archdsl.elaboration.environment import BlockValue, FunctionValue, NetworkValue, OpValue
from archdsl.ops.formulas import TracedFlag
from archdsl.ops.values import Size, Symbol, is_int

Named = BlockValue | FunctionValue


def changed_arguments(base: NetworkValue, variant: NetworkValue) -> dict[str, Any]:
    """Return the arguments of a variant that its base lacks, or has with another value."""
    return {
        name: value for name, value in variant.bound.items() if base.bound.get(name) is not value
    }


def spelled(value: Any) -> str | None:
    """Return an expression with a value; None where the language has none for it."""
    match value:
        case bool() | TracedFlag():
            return "true" if value else "false"
        case float():
            return repr(float(value))
        case Size() | Symbol() | FunctionValue():
            return str(value)
        case list():
            items = [spelled(each) for each in value]
            return None if None in items else f"[{', '.join(map(str, items))}]"
        case BlockValue():
            return _call(value.definition.name.id, value.bound)
        case OpValue():
            given = [f"{each.name}={each.span.text}" for each in value.bound if each.name]
            return _called(value.op.word, given) if len(given) == len(value.bound) else None
        case _:
            return str(int(value)) if is_int(value) else None


def _call(name: str, arguments: Mapping[str, Any]) -> str | None:
    texts = {key: spelled(value) for key, value in arguments.items()}
    if None in texts.values():
        return None
    return _called(name, [f"{key}={text}" for key, text in texts.items()])


def _called(name: str, arguments: list[str]) -> str:
    return f"{name}({', '.join(arguments)})" if arguments else name


def definitions_in(value: Any) -> Iterator[Named]:
    """Yield the blocks and functions that the text of a value names."""
    if isinstance(value, FunctionValue):
        yield value
    elif isinstance(value, BlockValue):
        yield value
        for each in value.bound.values():
            yield from definitions_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from definitions_in(each)
