"""The attributes of a class as its constructor makes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from archdsl.backends.torch.construct import Construct, Make, Run
from archdsl.backends.torch.constructor import Constructor
from archdsl.backends.torch.generated_class import Class, Loop
from archdsl.backends.torch.instance import Instance
from archdsl.backends.torch.layout import Atom, CallOf, Choice, Expr, ListOf, laid_out
from archdsl.backends.torch.merged_class import Layer, Merged, Outcome, outcomes_of
from archdsl.backends.torch.outline import Module, Part
from archdsl.backends.torch.parameters import MISSING, Solver
from archdsl.backends.torch.refusals import refusals_of
from archdsl.backends.torch.resolve import Resolver
from archdsl.backends.torch.signature import defaults_of
from archdsl.ops.formulas import is_traced

ROW = "layers"  # the local variable of a constructor that makes a row of layers


def express(made: Class, solver: Solver | Constructor, resolver: Resolver) -> None:
    """Write what the constructor sets."""
    if made.merged is not None:
        assert isinstance(solver, Constructor)
        made.statements = tuple(_merged(made.merged, solver))
        return
    made.loop = _solved_loop(made.instances, solver, resolver)
    rows = [resolver.rows[module] for module in made.instances if module in resolver.rows]
    if rows:
        made.row = rows[0].express(_solved(rows, solver, "")).args
        return
    for position, part in enumerate([] if made.loop else made.pattern.parts):
        expression = _member(made, position, part, solver, resolver)
        if expression is not None:
            made.members[position] = expression


def _merged(merged: Merged, constructor: Constructor) -> Iterator[str]:
    """Yield the lines that make the attributes of a class of several structures."""
    if merged.flag is not None:
        condition = constructor.condition([(merged.flag, True)])
        yield from laid_out(f"self.{merged.flag_name} = ", Atom(condition))
    known = False  # whether the variable has its type
    for attribute in merged.attributes:
        if not attribute.row:
            (layer,) = attribute.layers
            made = _layer(layer, attribute.name, constructor)
            if layer.conditions:  # the one that `forward` asks
                holds = outcomes_of(layer.conditions) == ((merged.flag, True),)
                test = f"{'' if holds else 'not '}self.{merged.flag_name}"
                made = Choice(made, test, "nn.Identity()")
            yield from laid_out(f"self.{attribute.name} = ", made)
            continue
        yield from _row_lines(attribute.layers, known, constructor)
        known = True
        row = CallOf("nn.Sequential", (Atom(f"*{ROW}"),))
        if attribute.name:
            yield from laid_out(f"self.{attribute.name} = ", row)
        else:
            yield from laid_out("", CallOf("super().__init__", row.args))


def _row_lines(layers: Sequence[Layer], known: bool, constructor: Constructor) -> Iterator[str]:
    """Yield the lines that make a list of layers, some of them under conditions."""
    stretches = [
        (outcomes, ListOf(tuple(_layer(layer, "", constructor) for layer in stretch)))
        for outcomes, stretch in groupby(layers, lambda layer: outcomes_of(layer.conditions))
    ]
    first = stretches.pop(0)[1] if not stretches[0][0] else ListOf(())
    yield from laid_out(f"{ROW} = " if known else f"{ROW}: list[nn.Module] = ", first)
    before: tuple[Outcome, ...] = ()
    for outcomes, made in stretches:
        turned = tuple((condition, not value) for condition, value in outcomes)
        if outcomes and turned == before and len(outcomes) == 1:
            yield "        else:"
        elif outcomes:
            yield f"        if {constructor.condition(outcomes)}:"
        level = 3 if outcomes else 2
        if len(made.items) == 1:
            yield from laid_out("", CallOf(f"{ROW}.append", made.items), level=level)
        else:
            yield from laid_out(f"{ROW} += ", made, level=level)
        before = outcomes


def _layer(layer: Layer, name: str, constructor: Constructor) -> Expr:
    present = next(make for make in layer.makes if make is not None)
    return present.express(_solved(layer.makes, constructor, name or "layer"))


def _solved_loop(
    instances: list[Module], solver: Solver | Constructor, resolver: Resolver
) -> Loop | None:
    loops = [resolver.loop(module) for module in instances]
    first = loops[0]
    if first is None:
        return None
    runs = [loop.run for loop in loops if loop is not None]
    count, item = first.run.loop(_solved(runs, solver, ""), "i")
    return replace(first, count=count, item=item)


def _member(
    made: Class,
    position: int,
    pattern: Part,
    solver: Solver | Constructor,
    resolver: Resolver,
) -> Expr | None:
    """The expression of an attribute; None for a part that needs no module."""
    rows = [(resolver.instances[module], module.parts[position]) for module in made.instances]
    column = [part for _, part in rows]
    if all(part.passes and part.child not in resolver.factories for part in column):
        return Atom("nn.Identity()") if pattern.name.isdigit() or pattern.labelled else None
    if pattern.node is not None and not _keeps_module(pattern, rows):
        return None
    makes = [None if resolver.is_absent(part) else instance.makes[part] for instance, part in rows]
    present = next(make for make in makes if make is not None)
    expression = present.express(_solved(makes, solver, _owner(pattern, present)))
    if None not in makes:
        return expression
    flags = [make is not None for make in makes]
    condition = solver.fresh(
        pattern.name if not pattern.name.isdigit() else "full", flags, default=False
    )
    return Choice(expression, condition, "nn.Identity()")


def _keeps_module(pattern: Part, column: list[tuple[Instance, Part]]) -> bool:
    """Whether an op is an attribute: it has weights, a label or number, or numbers that differ."""
    if pattern.form.module is None:
        return False
    if pattern.form.function is None or pattern.labelled or pattern.name.isdigit():
        return True
    forms = [instance.forms[part].function for instance, part in column]
    varies = any(is_traced(arg.value) for form in forms if form for arg in form.args)
    return varies or any(form != pattern.form.function for form in forms)


def prelude_of(constructor: Constructor) -> tuple[str, ...]:
    """The author's local variables, and defaults that follow from other arguments."""
    lines: list[str] = []
    for name, text in defaults_of(constructor):
        lines += [f"        if {name} is None:", *laid_out(f"{name} = ", Atom(text), level=3)]
    for name, text in constructor.writer.lets.items():
        lines += laid_out(f"{name} = ", Atom(text))
    return tuple(lines)


def checks_of(name: str, constructor: Constructor) -> tuple[str, ...]:
    """Statements that refuse arguments for which the class is not what its block is."""
    lines: list[str] = []
    for wrong, message in refusals_of(constructor, name):
        raising = CallOf("raise ValueError", (Atom(f'"{message}"'),))
        lines += [*laid_out("if ", Atom(wrong), ":"), *laid_out("", raising, level=3)]
    return tuple(lines)


def _solved(
    makes: Sequence[Make | Run | None], solver: Solver | Constructor, owner: str
) -> Iterator[str]:
    """Write each number of a constructor; None: this instance has no such part."""
    rows = [None if make is None else make.values() for make in makes]
    present = next(row for row in rows if row is not None)
    for slot, (name, _) in enumerate(present):
        column = [MISSING if row is None else row[slot][1] for row in rows]
        flows = name == "in_channels"
        yield solver.expression(f"{owner}_{name}" if owner else name, column, flows)


def _owner(part: Part, make: Make) -> str:
    """The beginning of a new parameter's name: the layer whose number it is."""
    if not isinstance(make, Construct) or not isinstance(make.target, str):
        return ""
    return "layer" if part.name.isdigit() else part.name
