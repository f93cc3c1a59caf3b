"""A class's `forward`: its parts as statements, nested and named as one would by hand."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.backends.torch.branches import Branches
from archdsl.backends.torch.classes import Class
from archdsl.backends.torch.construct import function_call, literal
from archdsl.backends.torch.demand import CALLER, conditions
from archdsl.backends.torch.guards import steps_of
from archdsl.backends.torch.layout import (
    Atom,
    CallOf,
    Choice,
    Expr,
    Infix,
    ListOf,
    bracketed,
    infix,
    laid_out,
)
from archdsl.backends.torch.steps import Guard, Step
from archdsl.backends.torch.values import Value
from archdsl.reserved import free_name

LONGEST = 76  # characters of an expression before its operands become statements
DEEPEST = 3  # calls inside one another


@dataclass(frozen=True)
class Forward:
    """The method's parameters as declared, the type it returns, its lines."""

    parameters: tuple[str, ...]
    returns: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """What a network returns in training: the name of the tuple, and the values beside its own."""

    outputs: str
    auxiliaries: tuple[int, ...]


def write_forward(made: Class, training: Training | None = None) -> Forward:
    """The `forward` of a class, the same for all its instances."""
    return _Writer(made, training).run()


class _Writer(Branches):
    def __init__(self, made: Class, training: Training | None) -> None:
        self.training = training
        self.aside = training.auxiliaries if training else ()
        super().__init__(made, steps_of(made, self.aside), self.aside)

    def run(self) -> Forward:
        for number, name in zip(self.module.inputs, self.names, strict=True):
            self._make(name, number)
        for order, step in enumerate(self.steps):
            self._open(step) if isinstance(step, Guard) else self._write(step)
            while self.guards and self.guards[-1].last is step:
                self._close(self.guards.pop())
            for number in self.spent[order]:
                self.values.pop(number, None)
        self._return()
        return Forward(self._parameters(), self._type(), tuple(self.lines))

    def _parameters(self) -> tuple[str, ...]:
        live = [f"{mask.name}: list[bool]" for mask in self.masks.values()]
        return (*(f"{name}: Tensor" for name in self.names), *live)

    def _type(self) -> str:
        size = len(self.returned)
        returns = "Tensor" if size == 1 else f"tuple[{', '.join(['Tensor'] * size)}]"
        if self.module.live:
            return "tuple[Tensor | None, ...]"
        return f"{returns} | {self.training.outputs}" if self.training else returns

    # -------------------------------------------------------------- one part

    def _write(self, step: Step) -> None:
        if step.begins:
            self._name(step.reads)
        elif step.part.skipped is not None:
            self._add_path(step, step.part.skipped)
            return
        elif not step.merges:
            self._name([number for number in step.reads if self.values[number].closed])
        elif self._adds_in_place(step):
            self._add_in_place(step)
            return
        if step.picks:
            self._draw({step.position})
        self._draw({join for demand in self._told(step) for join, _ in demand or ()})
        if step.allocates:
            self._name([number for number in step.reads if self.values[number].frees])
        value = self._value(step)
        if self._uneven(step) or value.depth > DEEPEST or value.length > LONGEST:
            self._name(step.reads)
            value = self._value(step)
        self._inline(step.reads)
        self._forget(step)
        if len(step.part.outputs) > 1:
            self._unpack(step, value)
            return
        (number,) = step.part.outputs
        if number in self.aside:
            name = free_name(step.part.name, self._read_after(number).with_others(self.unmade))
            aside = Choice(value.expression, "self.training", "None")
            self.held.run(value.reads, value.overwrites)
            self.lines += laid_out(f"{name} = ", aside, level=self.level)
            self.held.assign(name)
            self._make(name, number)
            return
        self.values[number] = value
        self.pending[number] = None
        if self.uses[number] != 1:
            self._name([number])

    def _uneven(self, step: Step) -> bool:
        """Whether a merge would mix names with long expressions."""
        depths = {self.values[number].depth for number in step.reads}
        return step.merges and len(step.reads) > 2 and 0 in depths and max(depths) > 1

    def _value(self, step: Step) -> Value:
        operands = [self.values[number] for number in step.reads]
        expression = self._expression(step, self._given(step))
        depth = 1 + max((operand.depth for operand in operands), default=0)
        order = self.made_at[step.part.outputs[0]]
        activates = step.part.node is not None and step.part.node.op.kind == "activation"
        frees = any(
            operand.frees
            or (operand.is_name and number not in self.inputs and self.last_use[number] <= order)
            for number, operand in zip(step.reads, operands, strict=True)
        )
        closed = step.merges or activates or step.part.node is None
        reads = tuple(read for operand in operands for read in operand.reads)
        taken = tuple(number for operand in operands for number in operand.overwrites)
        overwrites = (*taken, *self._overwritten(step))
        return Value(expression, depth, False, closed, frees, reads, overwrites)

    def _overwritten(self, step: Step) -> tuple[int, ...]:
        """The operand whose memory a layer takes for its result; a sum is none of these."""
        node = step.part.node
        takes = step.part.overwrites and node is not None and node.op.in_place and not step.merges
        return step.reads[:1] if takes else ()

    def _expression(self, step: Step, operands: tuple[Expr, ...]) -> Expr:
        if step.before is not None:
            steps = (*step.before, step)
            layers = ListOf(tuple(Atom(f"self{self.made.step(each.part)}") for each in steps))
            return CallOf("recomputed", (layers, *operands))
        if step.position in self.made.members:
            method = ".scaled" if step.taken else ""
            demands = self._told(step)
            told = (conditions(demands, self.masks),) if demands else ()
            return CallOf(f"self{self.made.step(step.part)}{method}", (*operands, *told))
        if step.part.passes:
            return operands[0]
        function = step.part.form.function
        assert function is not None, step.part.name
        numbers = tuple(Atom(literal(arg.value)) for arg in function.args)
        if function.function in ("+", "*"):
            return infix(function.function, (*operands, *numbers))
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
        target = self.values[first].expression
        self._run(first, second, overwrites=(first,))
        self.lines += laid_out(
            f"{target.flat()} += ", self.values[second].expression, level=self.level
        )
        self._inline((second,))
        self.held.assign(target.flat())
        self._make(target.flat(), step.part.outputs[0])

    def _return(self) -> None:
        if self.training:
            self._name(self.returned)
        self._run(*self.returned, *self.aside)
        if self.training:
            names = [self.values[number].expression for number in (*self.returned, *self.aside)]
            both = CallOf(self.training.outputs, tuple(names))
            asides = names[len(self.returned) :]  # a condition that TorchScript understands
            made = Infix("and", tuple(Atom(f"{name.flat()} is not None") for name in asides))
            self.lines += laid_out("if ", made, ":")
            self.lines += laid_out("return ", both, level=3)
        results = [
            self._if_wanted(*read, CALLER) if self.module.live else self.values[read[1]].expression
            for read in enumerate(self.returned)
        ]
        if len(results) == 1:
            self.lines += laid_out("return ", results[0])
        else:
            self.lines.append(f"        return {', '.join(result.flat() for result in results)}")
