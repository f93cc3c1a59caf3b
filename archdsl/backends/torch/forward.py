"""A class's `forward`: its parts as statements, nested and named as one would by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from archdsl.backends.torch.classes import Class
from archdsl.backends.torch.construct import function_call, literal
from archdsl.backends.torch.layout import (
    INDENT,
    Atom,
    CallOf,
    Choice,
    Expr,
    Infix,
    bracketed,
    laid_out,
)
from archdsl.backends.torch.outline import Module, Part
from archdsl.backends.torch.parameters import allowed
from archdsl.backends.torch.steps import Guard, Step, steps_of
from archdsl.ir import Node

LONGEST = 76  # characters of an expression before its operands become statements
DEEPEST = 3  # calls inside one another
SPARE_NAMES = ("x", "y", "z", "u", "v", "w")


@dataclass(frozen=True)
class Forward:
    """The method's parameters, the type it returns, its lines."""

    parameters: tuple[str, ...]
    returns: str
    lines: tuple[str, ...]


@dataclass
class Value:
    """A value while it is written: an expression, or (then it `is_name`) a variable."""

    expression: Expr
    depth: int = 0
    is_name: bool = False
    closed: bool = False  # ends a statement: only a merge takes it in unnamed
    frees: bool = False  # reads a variable for the last time, whose memory the name still holds

    @property
    def length(self) -> int:
        return len(self.expression.flat())

    @property
    def words(self) -> set[str]:
        return set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", self.expression.flat()))


@dataclass(frozen=True)
class Training:
    """What a network returns in training: the name of the tuple, and the values beside its own."""

    outputs: str
    auxiliaries: tuple[int, ...]


def write_forward(made: Class, training: Training | None = None) -> Forward:
    """The `forward` of a class, the same for all its instances."""
    return _Writer(made, training).run()


class _Writer:
    def __init__(self, made: Class, training: Training | None) -> None:
        self.made = made
        self.training = training
        self.aside = training.auxiliaries if training else ()
        self.module = made.pattern
        self.names = input_names(self.module)
        self.values: dict[int, Value] = {}
        self.pending: list[int] = []  # made, and not yet part of a statement
        self.lines: list[str] = []
        self.level = 2  # of indentation
        found = steps_of(made, self.aside)
        self.steps, self.returned = found.ordered, found.returned
        self.uses = Counter(self.returned)
        self.made_at: dict[int, int] = {}
        self.makers: dict[int, Step] = {}
        self.last_use = dict.fromkeys(self.module.inputs, -1)
        for order, step in enumerate(self.steps):
            if isinstance(step, Guard):
                continue
            self.uses.update(step.reads)
            self.makers |= dict.fromkeys(step.part.outputs, step)
            self.made_at |= dict.fromkeys(step.part.outputs, order)
            self.last_use |= dict.fromkeys((*step.reads, *step.part.outputs), order)
        self.last_use |= dict.fromkeys((*self.returned, *self.aside), len(self.steps))

    def run(self) -> Forward:
        for number, name in zip(self.module.inputs, self.names, strict=True):
            self.values[number] = Value(Atom(name), is_name=True)
        for order, step in enumerate(self.steps):
            self._open(step) if isinstance(step, Guard) else self._write(step)
            spent = [n for n in self.values if self.last_use[n] <= order]
            for number in spent:
                del self.values[number]
        self._return()
        count = len(self.returned)
        returns = "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"
        if self.training:
            returns = f"{returns} | {self.training.outputs}"
        return Forward(self.names, returns, tuple(self.lines))

    # -------------------------------------------------------------- one part

    def _write(self, step: Step) -> None:
        if step.begins:
            self._name(step.reads)
        elif step.part.skipped is not None:
            self._close(step, step.part.skipped)
            return
        elif not step.merges:
            self._name([number for number in step.reads if self.values[number].closed])
        elif self._adds_in_place(step):
            self._add_in_place(step)
            return
        if step.allocates:
            self._name([number for number in step.reads if self.values[number].frees])
        value = self._value(step)
        if self._uneven(step) or value.depth > DEEPEST or value.length > LONGEST:
            self._name(step.reads)
            value = self._value(step)
        self._inline(step.reads)
        if len(step.part.outputs) > 1:
            self._unpack(step, value)
            return
        (number,) = step.part.outputs
        if number in self.aside:
            name = allowed(step.part.name)
            aside = Choice(value.expression, "self.training", "None")
            self.lines += laid_out(f"{name} = ", aside, level=self.level)
            self.values[number] = Value(Atom(name), is_name=True)
            return
        self.values[number] = value
        self.pending.append(number)
        if self.uses[number] != 1:
            self._name([number])

    def _uneven(self, step: Step) -> bool:
        """Whether a merge would mix names with long expressions."""
        depths = {self.values[number].depth for number in step.reads}
        return step.merges and len(step.reads) > 2 and 0 in depths and max(depths) > 1

    def _value(self, step: Step) -> Value:
        operands = [self.values[number] for number in step.reads]
        expression = self._expression(step, tuple(operand.expression for operand in operands))
        depth = 1 + max((operand.depth for operand in operands), default=0)
        order, held = self.made_at[step.part.outputs[0]], self.module.inputs  # by the caller
        activates = step.part.node is not None and step.part.node.op.kind == "activation"
        frees = any(
            operand.frees
            or (operand.is_name and number not in held and self.last_use[number] <= order)
            for number, operand in zip(step.reads, operands, strict=True)
        )
        closed = step.merges or activates or step.part.node is None
        return Value(expression, depth, closed=closed, frees=frees)

    def _expression(self, step: Step, operands: tuple[Expr, ...]) -> Expr:
        if step.position in self.made.members:
            method = ".scaled" if step.taken else ""
            return CallOf(f"{_attribute(step.part)}{method}", operands)
        function = step.part.form.function
        assert function is not None, step.part.name
        numbers = tuple(Atom(literal(arg.value)) for arg in function.args)
        if function.function in ("+", "*"):
            return Infix(function.function, (*operands, *numbers))
        if function.function.startswith("."):
            return CallOf(f"{bracketed(operands[0])}{function.function}", numbers)
        return function_call(function, operands, (literal(arg.value) for arg in function.args))

    def _adds_in_place(self, step: Step) -> bool:
        function = step.part.form.function
        adds = function is not None and function.function == "+" and len(step.reads) == 2
        return adds and step.part.overwrites and self.uses[step.reads[0]] == 1

    def _add_in_place(self, step: Step) -> None:
        first, second = step.reads
        self._name([first])
        target = self.values[first]
        self.lines += laid_out(
            f"{target.expression.flat()} += ", self.values[second].expression, level=self.level
        )
        self._inline((second,))
        self.values[step.part.outputs[0]] = target

    # -------------------------------------------------------------- paths that may be left out

    def _open(self, guard: Guard) -> None:
        """The condition; without the path the sum is its other operand."""
        self._name(self.pending)
        (result,) = guard.sum.part.outputs
        value = self.values[guard.other]
        if self.last_use[guard.other] > self.made_at[result]:
            name = next(_free_names(self._needed_after(result)))
            self.lines += laid_out(f"{name} = ", value.expression, level=self.level)
            value = Value(Atom(name), is_name=True)
        self.values[result] = value
        self.lines.append(f"{INDENT * self.level}if {_attribute(guard.path.part)}.kept():")
        self.level += 1

    def _close(self, step: Step, skipped: int) -> None:
        """The sum, which ends what the condition holds for."""
        target = self.values[step.part.outputs[0]].expression
        both = Infix("+", (target, self.values[step.reads[skipped]].expression))
        self.lines += laid_out(f"{target.flat()} = ", both, level=self.level)
        self._inline(step.reads)
        self.level -= 1

    # -------------------------------------------------------------- variables

    def _name(self, numbers: tuple[int, ...] | list[int]) -> None:
        """Turns expressions into statements; what was computed before them stays before them."""
        last = max((self.pending.index(n) for n in numbers if n in self.pending), default=-1)
        for number in self.pending[: last + 1]:
            name = self._variable(number)
            self.lines += laid_out(f"{name} = ", self.values[number].expression, level=self.level)
            self.values[number] = Value(Atom(name), is_name=True)
        del self.pending[: last + 1]

    def _variable(self, number: int) -> str:
        """The label of a value that is read more than once; else the first name that is free."""
        needed = self._needed_after(number)
        part = self.makers[number].part
        name = allowed(part.name)
        if part.labelled and self.uses[number] > 1 and not {name, part.name} & needed:
            return name
        return next(_free_names(needed))

    def _unpack(self, step: Step, value: Value) -> None:
        needed = self._needed_after(step.part.outputs[0])
        free = _free_names(needed)
        names = [next(free) for _ in step.part.outputs]
        for number, name in zip(step.part.outputs, names, strict=True):
            self.values[number] = Value(Atom(name), is_name=True)
        self.lines += laid_out(f"{', '.join(names)} = ", value.expression, level=self.level)

    def _inline(self, numbers: tuple[int, ...]) -> None:
        """Notes that pending expressions have become part of another."""
        self.pending = [number for number in self.pending if number not in numbers]

    def _needed_after(self, number: int) -> set[str]:
        """Variables that are still read once the value `number` has been computed."""
        made = self.made_at[number]
        return {
            word
            for other, value in self.values.items()
            if other != number and self.last_use[other] > made
            for word in value.words
        }

    def _return(self) -> None:
        if self.training:
            self._name(self.returned)
            names = [self.values[number].expression for number in (*self.returned, *self.aside)]
            both = CallOf(self.training.outputs, tuple(names))
            self.lines.append(f"{INDENT * 2}if self.training:")
            self.lines += laid_out("return ", both, level=3)
        results = [self.values[number].expression for number in self.returned]
        if len(results) == 1:
            self.lines += laid_out("return ", results[0])
        else:
            self.lines.append(f"        return {', '.join(result.flat() for result in results)}")


def _attribute(part: Part) -> str:
    """A module of the class: a child of `nn.Sequential` by its number, else by name."""
    return f"self[{part.name}]" if part.name.isdigit() else f"self.{part.name}"


def _free_names(taken: set[str]) -> Iterator[str]:
    yield from (name for name in SPARE_NAMES if name not in taken)
    number = 1
    while True:
        yield f"y{number}"
        number += 1


def input_names(module: Module) -> tuple[str, ...]:
    """`x`, or the names under which the author passes several values."""
    if len(module.inputs) == 1:
        return ("x",)
    given = {
        value.id: name for name, value in module.scope.arguments.items() if isinstance(value, Node)
    }
    labels = {node.id: node.label for node in module.scope.nodes() if not node.inputs}
    return tuple(
        allowed(given.get(number) or labels.get(number) or f"x{i}")
        for i, number in enumerate(module.inputs, 1)
    )
