"""Statements from an order of parts: decides which expressions are nested.

Weighted layers and blocks begin a statement, activations and merges end it. What would be long, or
would hold memory that nothing reads, is split.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from archdsl.backends.torch.construct import function_call, literal
from archdsl.backends.torch.forward.order import (
    ClosePath,
    CloseRun,
    Draw,
    Item,
    OpenPath,
    OpenRun,
    Order,
    Reserve,
    Step,
)
from archdsl.backends.torch.forward.statements import (
    AddInPlace,
    Assign,
    BeginPath,
    BeginRun,
    Computed,
    DrawMask,
    EndPath,
    EndRun,
    Return,
    SetNone,
    Statement,
)
from archdsl.backends.torch.layout import Atom, CallOf, Choice, Expr, ListOf, Variable, infix

LONGEST = 76  # characters of an expression before its operands become statements
DEEPEST = 3  # calls inside one another


@dataclass(frozen=True)
class Value(Computed):
    """A value that the code has at hand: a variable, or an expression that no statement has yet.

    `closed` expressions end a statement: only a merge takes them in. One that `frees` reads a
    variable for the last time, whose memory the variable holds until the statement ends.
    """

    depth: int = 0
    closed: bool = False
    frees: bool = False

    @property
    def length(self) -> int:
        return len(self.expression.flat())


def statements_of(order: Order, names: Mapping[int, str]) -> list[Statement]:
    """The statements of an order; `names` are those that values are likely to get."""
    return [*_Writer(order, names).statements()]


class _Writer:
    """A list of open expressions, each written as a statement as soon as it ends."""

    def __init__(self, order: Order, names: Mapping[int, str]) -> None:
        self.order = order
        self.names = names
        self.inputs = frozenset(order.inputs)  # which the caller holds
        self.aside = frozenset(order.aside)
        self.values: dict[int, Value] = {}
        self.pending: dict[int, None] = {}  # expressions that no statement has yet
        self.last_read: dict[int, list[int]] = {}  # values by the place where they are read last
        for number, place in order.last_use.items():
            self.last_read.setdefault(max(place, 0), []).append(number)

    def statements(self) -> Iterator[Statement]:
        for number in self.order.inputs:
            self._holds(number)
        for place, item in enumerate(self.order.items):
            yield from self._write(item, place)
            for number in self.last_read.get(place, ()):
                self.values.pop(number, None)
        yield from self._return()

    def _write(self, item: Item, place: int) -> Iterator[Statement]:
        match item:
            case Step():
                yield from self._step(item, place)
            case OpenPath():
                yield from self._all_named()
                (total,) = item.total.part.outputs
                self._holds(total)
                yield BeginPath(total, item.other, item.coin)
            case ClosePath():
                (total,) = item.total.part.outputs
                value = self.values[item.left_out]
                self.pending.pop(item.left_out, None)
                yield EndPath(total, item.other, value)
            case Draw():
                yield from self._all_named()
                yield DrawMask(item, next(iter(self.values)))
            case Reserve(numbers):
                yield from self._all_named()
                yield SetNone(numbers)
            case OpenRun(condition):
                yield from self._all_named()
                yield BeginRun(condition)
            case CloseRun(made):
                yield from self._all_named()
                yield EndRun(made)

    def _step(self, step: Step, place: int) -> Iterator[Statement]:
        if step.begins:
            yield from self._named(step.reads)
        elif not step.merges:
            yield from self._named(number for number in step.reads if self.values[number].closed)
        elif self._adds_in_place(step):
            yield from self._add_in_place(step)
            return
        if step.allocates:
            yield from self._named(number for number in step.reads if self.values[number].frees)
        value = self._value(step, place)
        if self._uneven(step) or value.depth > DEEPEST or value.length > LONGEST:
            yield from self._named(step.reads)
            value = self._value(step, place)
        for number in step.reads:
            self.pending.pop(number, None)
        (number, *more) = step.part.outputs
        if more or number in self.aside:
            for number in step.part.outputs:
                self._holds(number)
            yield Assign(step.part.outputs, value, aside=not more)
            return
        self.values[number] = value
        self.pending[number] = None
        if self.order.uses.get(number, 0) != 1:
            yield from self._named([number])

    # -------------------------------------------------------------- variables

    def _holds(self, number: int) -> None:
        """A variable holds a value from here on."""
        variable = Variable(self.names.get(number, "x"), number)
        self.values[number] = Value(variable, (number,))

    def _named(self, numbers: Iterable[int]) -> Iterator[Statement]:
        """Make statements of pending expressions, and first of those computed before them."""
        wanted = {number for number in numbers if number in self.pending}
        while wanted:
            number = next(iter(self.pending))
            yield Assign((number,), self.values[number])
            self._holds(number)
            del self.pending[number]
            wanted.discard(number)

    def _all_named(self) -> Iterator[Statement]:
        return self._named(self.pending)

    # -------------------------------------------------------------- values

    def _value(self, step: Step, place: int) -> Value:
        operands = [self.values[number] for number in step.reads]
        activates = step.part.node is not None and step.part.node.op.kind == "activation"
        return Value(
            _expression(step, self._given(step, operands)),
            tuple(read for operand in operands for read in operand.reads),
            (*(taken for operand in operands for taken in operand.overwrites), *_overwritten(step)),
            depth=1 + max((operand.depth for operand in operands), default=0),
            closed=step.merges or activates or step.part.node is None,
            frees=any(
                self.values[number].frees or self._ends(number, place) for number in step.reads
            ),
        )

    def _ends(self, number: int, place: int) -> bool:
        """Whether a variable that only this method holds is read for the last time."""
        named = isinstance(self.values[number].expression, Variable)
        return named and number not in self.inputs and self.order.last_use[number] <= place

    def _given(self, step: Step, operands: list[Value]) -> tuple[Expr, ...]:
        return _conditional([operand.expression for operand in operands], step.given)

    def _uneven(self, step: Step) -> bool:
        """Whether a merge would mix names with long expressions."""
        depths = {self.values[number].depth for number in step.reads}
        return step.merges and len(step.reads) > 2 and 0 in depths and max(depths) > 1

    # -------------------------------------------------------------- sums in place

    def _adds_in_place(self, step: Step) -> bool:
        function = step.part.form.function
        adds = function is not None and function.function == "+" and len(step.reads) == 2
        return adds and step.part.overwrites and self.order.uses[step.reads[0]] == 1

    def _add_in_place(self, step: Step) -> Iterator[Statement]:
        first, second = step.reads
        yield from self._named([first])
        value = self.values[second]
        self.pending.pop(second, None)
        (result,) = step.part.outputs
        self._holds(result)
        yield AddInPlace(first, value, result)

    # -------------------------------------------------------------- results

    def _return(self) -> Iterator[Statement]:
        if self.order.aside:
            yield from self._named(self.order.results)
        values = [self.values[number] for number in self.order.results]
        given = _conditional([value.expression for value in values], self.order.given)
        results = (
            replace(value, expression=expression)
            for value, expression in zip(values, given, strict=True)
        )
        yield Return(tuple(results), self.order.aside)


def _conditional(operands: list[Expr], given: tuple[str | None, ...]) -> tuple[Expr, ...]:
    """Operands, each None where its condition does not hold."""
    if not given:
        return tuple(operands)
    return tuple(
        operand if condition is None else Choice(operand, condition, "None")
        for operand, condition in zip(operands, given, strict=True)
    )


def _overwritten(step: Step) -> tuple[int, ...]:
    """The operand whose memory a layer takes for its result; a sum is none of these."""
    node = step.part.node
    takes = step.part.overwrites and node is not None and node.op.in_place and not step.merges
    return step.reads[:1] if takes else ()


# ------------------------------------------------------------------ parts as expressions


def _expression(step: Step, operands: tuple[Expr, ...]) -> Expr:
    """A part of its operands: the call of a module or a function, or an operator between them."""
    if step.before is not None:
        layers = ListOf(tuple(Atom(f"self{each.path}") for each in (*step.before, step)))
        return CallOf("recomputed", (layers, *operands))
    if step.path is not None:
        return CallOf(f"self{step.path}{step.method}", (*operands, *step.more))
    if step.part.passes:
        return operands[0]
    function = step.part.form.function
    assert function is not None, step.part.name
    numbers = tuple(Atom(literal(arg.value)) for arg in function.args)
    if function.function in ("+", "*"):
        return infix(function.function, (*operands, *numbers))
    if function.function.startswith("."):
        return CallOf(function.function, numbers, of=operands[0])
    return function_call(function, operands, (literal(arg.value) for arg in function.args))
