"""Recorded operators, and the function that runs them again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


class Name(str):
    """The name of a tensor that is computed at every run."""


@dataclass(frozen=True)
class Step:
    """A call of an operator; names stand for tensors that depend on the inputs."""

    function: Any
    args: tuple[Any, ...]
    keywords: dict[str, Any]
    result: Any

    @property
    def read(self) -> list[Name]:
        return leaves([self.args, *self.keywords.values()], Name)

    @property
    def written(self) -> list[Name]:
        return leaves(self.result, Name)


def function_of(
    inputs: Iterable[Name], steps: Sequence[Step], result: Any
) -> Callable[..., Any]:
    """Return a function that runs steps, and frees each value after its last reader.

    The caller of a module keeps its argument alive until the module returns. Here the next
    value is written to memory that is still in the cache, and no module is called.
    """
    known: dict[str, Any] = {}

    def text(value: Any) -> str:
        if isinstance(value, Name):
            return value
        if isinstance(value, list | tuple) and leaves(value, Name):
            parts = ", ".join(map(text, value))
            return f"[{parts}]" if isinstance(value, list) else f"({parts},)"
        name = f"constant{len(known)}"
        known[name] = value
        return name

    needed = set(leaves(result, Name))
    lines = [f"return {text(result)}"]
    for step in reversed(steps):
        names = {*step.read, *step.written}
        if last := names - needed:
            lines.append(f"del {', '.join(sorted(last))}")
        needed |= names
        given = [text(value) for value in step.args]
        given += [f"{name}={text(value)}" for name, value in step.keywords.items()]
        call = f"{text(step.function)}({', '.join(given)})"
        lines.append(f"{text(step.result)} = {call}" if step.written else call)
    lines.append(f"def run({', '.join(inputs)}):")
    exec("\n    ".join(reversed(lines)), known)  # noqa: S102, its names are from here
    run: Callable[..., Any] = known["run"]
    return run


def leaves(value: Any, kind: type) -> list[Any]:
    """Return everything of a type in nested lists and tuples."""
    if isinstance(value, kind):
        return [value]
    if isinstance(value, list | tuple):
        return [x for part in value for x in leaves(part, kind)]
    return []
