"""A class's `forward`: each phase is a function that returns a new record.

`order` has the parts in the order of their execution, and when each value is read last. `drop_path`
puts what training leaves out under conditions, in classes that leave out anything. `expressions`
decides which expressions lie inside one another and what is overwritten. `variables` names the
values. `check` makes sure that every variable holds what is meant before any line is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archdsl.backends.torch.forward.check import check
from archdsl.backends.torch.forward.drop_path import NO_CHOICES, Choices, with_choices
from archdsl.backends.torch.forward.expressions import statements_of
from archdsl.backends.torch.forward.order import Order, order_of
from archdsl.backends.torch.forward.statements import (
    AddInPlace,
    Assign,
    Begin,
    BeginPath,
    BeginRun,
    DrawMask,
    End,
    EndPath,
    EndRun,
    Return,
    SetNone,
)
from archdsl.backends.torch.forward.variables import Named, input_names, labels_of, variables_of
from archdsl.backends.torch.generated_class import Class
from archdsl.backends.torch.layout import (
    INDENT,
    Atom,
    CallOf,
    Choice,
    Infix,
    laid_out,
    renamed,
)


@dataclass(frozen=True)
class Forward:
    """The method's parameters as declared, the type it returns, its lines."""

    parameters: tuple[str, ...]
    returns: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """The result of a network in training: the tuple's name, and the auxiliary values."""

    outputs: str
    auxiliaries: tuple[int, ...]


def write_forward(
    made: Class,
    training: Training | None = None,
    choices: Choices = NO_CHOICES,
    level: int = 2,
) -> Forward:
    """The `forward` of a class, the same for all its instances, at a level of indentation."""
    module = made.pattern
    plain = order_of(made, training.auxiliaries if training else ())
    order = with_choices(plain, made, input_names(module), choices)
    labels = labels_of(module, order)
    named = variables_of(statements_of(order, labels.likely()), labels)
    inputs = [(name, number) for number, name in labels.inputs.items()]
    check(named, inputs, module.storage)
    outputs = training.outputs if training else ""
    return Forward(
        (*(f"{name}: Tensor" for name, _ in inputs), *order.parameters),
        _type(order, outputs),
        tuple(_lines(named, outputs, level)),
    )


def _type(order: Order, outputs: str) -> str:
    if order.given:
        return "tuple[Tensor | None, ...]"
    size = len(order.results)
    returns = "Tensor" if size == 1 else f"tuple[{', '.join(['Tensor'] * size)}]"
    return f"{returns} | {outputs}" if outputs else returns


# ------------------------------------------------------------------ statements as lines


def _lines(named: list[Named], outputs: str, level: int) -> list[str]:
    """The body of the method; `outputs` is the tuple that it returns in training, if any."""
    lines: list[str] = []
    for each in named:
        lines += _statement(each, level, outputs)
        level += isinstance(each.statement, Begin)
        level -= isinstance(each.statement, End)
    return lines


def _statement(named: Named, level: int, outputs: str) -> list[str]:
    names, targets = named.names, named.targets
    match named.statement:
        case Assign(value=value, aside=aside):
            expression = renamed(value.expression, names)
            chosen = Choice(expression, "self.training", "None") if aside else expression
            return laid_out(f"{', '.join(targets)} = ", chosen, level=level)
        case AddInPlace(value=value):
            return laid_out(f"{targets[0]} += ", renamed(value.expression, names), level=level)
        case BeginPath(other=other, coin=coin):
            copied = _copies(targets, [names[other]], level)
            kept = CallOf(f"self{coin}.kept", (Atom(names[other]),))
            return [*copied, *laid_out("if ", kept, ":", level=level)]
        case EndPath(value=value):
            both = Infix("+", (Atom(targets[0]), renamed(value.expression, names)))
            return laid_out(f"{targets[0]} = ", both, level=level)
        case DrawMask(draw=draw, shown=shown):
            given = (Atom(names[shown]), *([] if draw.live is None else [draw.live]))
            drawn = CallOf(f"self{draw.join.path}.draw", given)
            return laid_out(f"{draw.mask} = ", drawn, level=level)
        case SetNone():
            return [f"{INDENT * level}{' = '.join(targets)} = None"]
        case BeginRun(condition=condition):
            return laid_out("if ", condition, ":", level=level)
        case EndRun(made=made):
            return _copies(targets, [names[number] for number in made], level)
        case Return() as returned:
            return _return(returned, names, outputs, level)


def _copies(targets: Sequence[str], sources: Sequence[str], level: int) -> list[str]:
    """Assignments of variables that hold another value than they should."""
    pairs = zip(targets, sources, strict=True)
    return [f"{INDENT * level}{to} = {source}" for to, source in pairs if to != source]


def _return(statement: Return, names: Mapping[int, str], outputs: str, level: int) -> list[str]:
    results = [renamed(result.expression, names) for result in statement.results]
    lines: list[str] = []
    if outputs:
        aside = [Atom(names[number]) for number in statement.aside]
        made = tuple(Atom(f"{name.text} is not None") for name in aside)  # as TorchScript has it
        lines += laid_out("if ", Infix("and", made), ":", level)
        lines += laid_out("return ", CallOf(outputs, (*results, *aside)), level=level + 1)
    if len(results) == 1:
        return [*lines, *laid_out("return ", results[0], level=level)]
    return [*lines, f"{INDENT * level}return {', '.join(result.flat() for result in results)}"]
