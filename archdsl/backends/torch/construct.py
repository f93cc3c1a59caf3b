"""Constructor calls whose numbers are slots, and runs of equal calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from archdsl.backends.torch.expressions import difference, equivalent
from archdsl.backends.torch.layout import Atom, CallOf, Expr, Keyword, ListOf, Repeated
from archdsl.inference.recipes import CallText
from archdsl.ops.formulas import Fixed, Formula, Maker, apply, formula_of, plain, traced
from archdsl.ops.torch_form import Arg, Call

FEWEST_REPEATED = 3  # two equal modules are written out


@dataclass(frozen=True)
class Construct:
    """A constructor call; `target` identifies it, `function` is how it is written."""

    target: Any
    function: str
    args: tuple[Arg, ...]

    def signature(self) -> Any:
        return self.target, tuple((arg.name, arg.keyword, arg.default) for arg in self.args)

    def values(self) -> list[tuple[str, Any]]:
        return [(arg.name, arg.value) for arg in self.args]

    def express(self, slots: Iterator[str]) -> Expr:
        args: list[Expr] = []
        for arg in self.args:
            text = next(slots)
            if arg.default is not None and text == literal(arg.default):
                continue
            value = written(text)
            args.append(Keyword(arg.name, value) if arg.keyword else value)
        return CallOf(self.function, tuple(args))


@dataclass(frozen=True)
class Called:
    """A call of a parameter that makes the layer, as `activation()`."""

    parameter: str
    maker: Maker

    def signature(self) -> Any:
        return "called", self.parameter

    def values(self) -> list[tuple[str, Any]]:
        return [(self.parameter, self.maker)]

    def express(self, slots: Iterator[str]) -> Expr:
        return CallOf(next(slots))


@dataclass(frozen=True)
class Iteration:
    """The place of an item in a repeat, by the key of its scope, and how many it has."""

    repeat: object
    index: int
    count: Formula


@dataclass(frozen=True)
class Run:
    """Equal items one after another, or items whose numbers grow by `steps`.

    `repeat` is the one whose last iterations they are, if its number has a formula.
    """

    item: Construct | Chain | Called
    count: int
    steps: tuple[Any, ...]
    repeat: object = None

    @property
    def pattern(self) -> tuple[bool, ...] | None:
        """For each number: does it grow? None for a single item."""
        return tuple(bool(step) for step in self.steps) if self.loops else None

    @property
    def loops(self) -> bool:
        """Whether it may be several."""
        return self.count > 1 or self.repeat is not None

    def signature(self) -> Any:
        return self.item.signature(), self.pattern

    def values(self) -> list[tuple[str, Any]]:
        found = self.item.values()
        if not self.loops:
            return found
        growing = [
            (f"{name}_step", step)
            for (name, _), step in zip(found, self.steps, strict=True)
            if step
        ]
        return [("count", self.count), *found, *growing]

    def express(self, slots: Iterator[str], variable: str) -> list[Expr]:
        if not self.loops:
            return [self.item.express(slots)]
        count, item = self.loop(slots, variable)
        if any(self.steps):
            return [Repeated(item, variable, count)]
        if count.isdigit() and int(count) < FEWEST_REPEATED:
            return [item] * int(count)
        return [Repeated(item, "_", count)]

    def loop(self, slots: Iterator[str], variable: str) -> tuple[str, Expr]:
        """The number of iterations, and the item in terms of the loop's variable."""
        count = next(slots)
        starts = [next(slots) for _ in self.steps]
        grown = [
            growing(start, next(slots), variable) if step else start
            for start, step in zip(starts, self.steps, strict=True)
        ]
        return count, self.item.express(iter(grown))


@dataclass(frozen=True)
class Chain:
    """`nn.Sequential` of runs."""

    runs: tuple[Run, ...]

    def starts(self) -> list[int]:
        """The number of the first item of each run."""
        return [0, *accumulate(plain(run.count) for run in self.runs)][:-1]

    def signature(self) -> Any:
        return "chain", tuple(run.signature() for run in self.runs)

    def values(self) -> list[tuple[str, Any]]:
        return [pair for run in self.runs for pair in run.values()]

    def express(self, slots: Iterator[str]) -> CallOf:
        args: list[Expr] = []
        for run in self.runs:
            args += run.express(slots, "i")
        return CallOf("nn.Sequential", tuple(args))


Make = Construct | Chain | Called


def construct(call: Call) -> Construct:
    """The constructor call of an op's module."""
    return Construct(call.function, call.function, call.args)


def chain(
    items: Sequence[Make], iterations: Sequence[Iteration | None] = (), single: bool = False
) -> Chain:
    """Items in order, with equal neighbours and steady growth gathered into runs.

    `iterations` are the places of the items in repeats. A `single` iteration may be a run, too:
    it does not show what the next one is, but other instances of its block may.
    """
    runs: list[Run] = []
    position = 0
    while position < len(items):
        run = _run_at(items, position)
        runs.append(_counted(run, iterations[position : position + run.count], single))
        position += run.count
    return Chain(tuple(runs))


def _counted(run: Run, iterations: Sequence[Iteration | None], single: bool) -> Run:
    """A run with its repeat, where it has all iterations of it from one on."""
    first = iterations[0] if iterations else None
    if first is None or first.index + run.count != first.count.value:
        return run
    expected = [replace(first, index=first.index + i) for i in range(run.count)]
    if list(iterations) != expected or (run.count == 1 and not single):
        return run
    left = apply("-", (first.count, Fixed(first.index)), run.count)
    return replace(run, count=traced(run.count, left), repeat=first.repeat)


def _run_at(items: Sequence[Make], start: int) -> Run:
    """The longest run of equal items, else of at least three that grow steadily."""
    first = items[start]
    alike = [first]
    for item in items[start + 1 :]:
        if item.signature() != first.signature():
            break
        alike.append(item)
    columns = [[value for _, value in item.values()] for item in alike]
    zero = tuple(0 for _ in columns[0])
    equal = _prefix(columns, zero)
    if equal > 1 or len(columns) < FEWEST_REPEATED:
        return Run(first, equal, zero)
    steps = tuple(_step(a, b) for a, b in zip(columns[0], columns[1], strict=True))
    if None in steps:
        return Run(first, 1, zero)
    grown = _prefix(columns, steps)
    return Run(first, grown, steps) if grown >= FEWEST_REPEATED else Run(first, 1, zero)


def _step(a: Any, b: Any) -> int | None:
    if _same(a, b):
        return 0
    both = isinstance(a, int) and isinstance(b, int)
    if a == b or not both or isinstance(a, bool):
        return None
    step: int = traced(plain(b) - plain(a), difference(formula_of(b), formula_of(a)))
    return step


def _same(a: Any, b: Any) -> bool:
    """Whether two numbers are equal, and equal for all values of their parameters."""
    return bool(a == b) and equivalent(formula_of(a), formula_of(b))


def _prefix(columns: list[list[Any]], steps: tuple[Any, ...]) -> int:
    """The number of rows that follow the first with these steps."""
    for number, row in enumerate(columns):
        expected = [
            start + step * number if step else start
            for start, step in zip(columns[0], steps, strict=True)
        ]
        if not all(map(_same, row, expected)):
            return number
    return len(columns)


def growing(start: str, step: str, variable: str) -> str:
    """`start + step * i`."""
    base = f"{start} + " if start != "0" else ""
    step = f"({step})" if " + " in step or " - " in step else step
    return f"{base}{step} * {variable}" if step != "1" else f"{base}{variable}"


def literal(value: Any) -> str:
    """A number, truth value or tuple of them as Python writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(plain(value))
    if isinstance(value, tuple):
        inner = ", ".join(literal(part) for part in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return str(value)


def written(text: str) -> Expr:
    """A text as an expression: one that knows its structure can be broken over lines."""
    if not isinstance(text, CallText):
        return Atom(text)
    made = Construct(text.made.function, text.made.function, text.made.args)
    return made.express(literal(arg.value) for arg in text.made.args)


def function_call(call: Call, operands: Sequence[Expr], slots: Iterator[str]) -> Expr:
    """An op as a function of its operands."""
    args: list[Expr] = [ListOf(tuple(operands))] if call.listed else list(operands)
    made = Construct(call.function, call.function, call.args).express(slots)
    assert isinstance(made, CallOf)
    return CallOf(call.function, (*args, *made.args))
