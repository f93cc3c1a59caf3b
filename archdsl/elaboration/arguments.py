"""Arguments to parameters: for blocks and networks, and for the attributes of ops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any

from archdsl.diagnostics import Rejected, Span, argument_errors, shape_errors
from archdsl.diagnostics.suggest import clip
from archdsl.elaboration.environment import Given
from archdsl.ir import Node
from archdsl.ops import OPS, Op, size
from archdsl.ops.formulas import Formula, Formulas, formula_of, is_traced, plain
from archdsl.ops.values import IMAGE_AXES, BadValue, Kind, Size
from archdsl.syntax import ast


def match(
    callee: str,
    names: Sequence[str],
    arguments: Sequence[ast.Argument],
    taken: Mapping[str, Any],
) -> dict[str, ast.Argument]:
    """Match arguments to names.

    Positional ones fill, in order, the names not yet `taken`; named ones may set those again.
    `Rejected` for an unknown, surplus or repeated argument.
    """
    free = [name for name in names if name not in taken]
    found: dict[str, ast.Argument] = {}
    for argument in arguments:
        name = argument.name
        if name is None:
            if not free:
                problem = argument_errors.too_many_arguments(callee, len(names), names)
                if not names and isinstance(argument.value, ast.Call):
                    problem = argument_errors.layer_as_argument(callee, argument.value.span.text)
                raise Rejected(problem.at(argument.span))
            name = free.pop(0)
        elif name not in names:
            source, start, end = argument.span
            named = Span(source, start, min(start + len(name), end))  # `/2` is short for `stride=2`
            raise Rejected(argument_errors.unknown_argument(callee, name, names).at(named))
        elif name in free:
            free.remove(name)
        if name in found:
            raise Rejected(argument_errors.given_twice(callee, name).at(argument.span))
        found[name] = argument
    return found


_ATTRIBUTES: dict[type[Op], dict[str, Field[Any]]] = {}  # `fields` takes a while each time
_REQUIRED: dict[type[Op], tuple[str, ...]] = {}


def attributes(op: type[Op]) -> dict[str, Field[Any]]:
    """The fields of an op that the language can set, in order."""
    if op not in _ATTRIBUTES:
        _ATTRIBUTES[op] = {f.name: f for f in fields(op) if "kind" in f.metadata}
    return _ATTRIBUTES[op]


def required(op: type[Op]) -> tuple[str, ...]:
    """The attributes that have no default."""
    if op not in _REQUIRED:
        found = attributes(op).items()
        _REQUIRED[op] = tuple(name for name, f in found if f.default is MISSING)
    return _REQUIRED[op]


def match_attributes(
    op: type[Op], arguments: Sequence[ast.Argument], taken: Mapping[str, Any]
) -> dict[str, ast.Argument]:
    """Match the arguments of an op's call to attributes; `Rejected` for what does not fit."""
    names = list(attributes(op))
    for argument in arguments:
        if argument.name is None and _is_op_call(argument.value) and not op.many:
            problem = argument_errors.layer_as_argument(op.word, argument.value.span.text)
            raise Rejected(problem.at(argument.span))
    if op.many and arguments and len(arguments) > len(names):
        raise Rejected(argument_errors.branches_as_arguments(op.word).at(arguments[0].span))
    matched = match(op.word, names, arguments, taken)
    for name in names[op.positional :] if op.positional is not None else ():
        if name in matched and matched[name].name is None:
            argument = matched[name]
            text = argument.value.span.text if _fits(op, name, argument.value) else None
            problem = argument_errors.must_be_named(op.word, name, text, op.positional)
            raise Rejected(problem.at(argument.span))
    return matched


def _is_op_call(value: ast.Expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.callee, ast.Name)
        and value.callee.id in OPS
    )


def _fits(op: type[Op], name: str, value: ast.Expr) -> bool:
    """Whether an attribute may take a value, as far as its text shows."""
    if not isinstance(value, ast.Literal):
        return True
    kind: Kind = attributes(op)[name].metadata["kind"]
    try:
        kind.read(value.value)
    except BadValue:
        return False
    return True


def build_op(
    op: type[Op],
    call: Span,
    arguments: Sequence[ast.Argument],
    bound: Mapping[str, Given],
    read: Callable[[ast.Expr, Kind], Any],
    axes: int = IMAGE_AXES,
) -> tuple[Op, Formulas]:
    """An op from its call: defaults in force, then values bound before, then the arguments.

    With it come the formulas of its attributes. `read` evaluates an expression as an argument of a
    kind; `axes` are those of the value that flows in.
    `Rejected` for what does not fit.
    """
    known = attributes(op)
    matched = match_attributes(op, arguments, {})
    values = {}
    formulas: dict[str, Formula | tuple[Formula, ...]] = {}
    for name, f in known.items():
        kind: Kind = f.metadata["kind"]
        if name in matched:
            argument = matched[name]
            value, span = read(argument.value, kind), argument.span
        elif name in bound:
            value, span = bound[name].value, bound[name].span
        else:
            if axes != IMAGE_AXES and f.default is not MISSING:
                values[name] = kind.spread(f.default, axes)
            continue
        if is_traced(value):
            several = isinstance(value, (list, tuple))
            formulas[name] = tuple(map(formula_of, value)) if several else formula_of(value)
        values[name] = _convert(op, name, kind, plain(value), span, axes)
    missing = [name for name in required(op) if name not in values]
    if missing:
        raise Rejected(argument_errors.missing_argument(op.word, missing, None).at(call))
    return op(**values), formulas


def _convert(op: type[Op], name: str, kind: Kind, value: Any, span: Span, axes: int) -> Any:
    try:
        return kind.read(value, axes)
    except BadValue as expected:
        if kind.for_axes and isinstance(value, Size) and len(value) != axes and min(value) > 0:
            raise Rejected(
                shape_errors.size_of_other_axes(op.word, name, value, axes).at(span)
            ) from None
        problem = argument_errors.bad_value(op.word, name, describe(value), str(expected))
        raise Rejected(problem.at(span)) from None


def describe(value: Any) -> str:
    """A value for a message: short, whatever it holds."""
    if isinstance(value, str):
        return f'the text "{clip(value)}"'
    if isinstance(value, Node):
        return f"the value of shape {size(value.shape)}"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return f"the list `{clip(_written(value, 2))}`"
    return f"`{_written(value, 0)}`"


def _written(value: Any, levels: int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, list):
        return clip(str(value), 40) if not isinstance(value, (dict, Node)) else "…"
    if not levels:
        return "[…]"
    words = [_written(part, levels - 1) for part in value[:8]]
    return f"[{', '.join(words)}{', …' if len(value) > 8 else ''}]"
