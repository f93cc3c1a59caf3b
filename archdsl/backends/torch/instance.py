"""The numbers of one instance of a class, in terms that all instances of the class share.

In the graph a formula names the parameters of any block around, by its scope, and values of the
network, by their nodes. Here the parameters of the instance's own block lose their scope, those of
blocks around keep the name of the block, and the channels of a value become what they follow from:
`Extent(0, 0)` are those of the first input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archdsl.backends.torch.construct import Called, Chain, Construct, Make, chain, construct
from archdsl.backends.torch.expressions import (
    Symbol,
    difference,
    equivalent,
    rewritten,
    simplified,
)
from archdsl.backends.torch.formula_parts import named_width, spread
from archdsl.backends.torch.makers import callee_of
from archdsl.backends.torch.outline import Module, Part
from archdsl.backends.torch.scopes import iteration_of
from archdsl.ir import Node, Scope
from archdsl.ops.base import Op, Shape
from archdsl.ops.formulas import (
    OPAQUE,
    Extent,
    Fixed,
    Formula,
    Maker,
    Parameter,
    apply,
    flag,
    formula_of,
    maker,
    plain,
    traced,
)
from archdsl.ops.torch_form import Call, TorchForm

OWN = None  # the owner of the parameters of an instance's own block


Result = tuple[Formula, list[Formula]]  # channels, and conditions without which they are others


@dataclass(frozen=True)
class Shapes:
    """The shapes of a graph's values, by their numbers."""

    nodes: Sequence[Node]

    def __getitem__(self, number: int) -> Shape:
        return self.nodes[number].shape


@dataclass(eq=False)
class Instance:
    """A module as one instance of its class: how its parts are made, and what they follow from.

    `outer` has the symbols of blocks around as the graph has them, by what they are called here.
    `decisions` are the conditions that the structure follows from, `needs` those without which a
    function inside makes a value of other channels.
    """

    module: Module
    shapes: Shapes
    traces: bool  # whether numbers have formulas
    makes: dict[Part, Make] = field(default_factory=dict)
    forms: dict[Part, TorchForm] = field(default_factory=dict)
    channels: dict[int, Formula] = field(default_factory=dict)
    decisions: list[Formula] = field(default_factory=list)
    needs: list[Formula] = field(default_factory=list)
    outer: dict[Symbol, Symbol] = field(default_factory=dict)
    makers: Mapping[str, str] = field(default_factory=dict)  # by the parameters that are called
    covered: set[object] = field(default_factory=set)  # repeats that are loops

    def __post_init__(self) -> None:
        is_network = self.module.scope.parent is None
        for place, number in enumerate(self.module.inputs):
            width = self.shapes[number][0]
            fixed = is_network or not self.traces
            self.channels[number] = Fixed(width) if fixed else Extent(place, 0, width)

    # -------------------------------------------------------------- symbols

    def here(self, formula: Formula) -> Formula:
        """A formula of the graph as the class has it."""
        return rewritten(formula, self._symbol)

    def value(self, value: Any) -> Any:
        """A traced number, or a tuple of them, as the class has it."""
        if isinstance(value, tuple):
            return type(value)(self.value(item) for item in value)
        formula = formula_of(value)
        return value if isinstance(formula, Fixed) else traced(value, self.here(formula))

    def _symbol(self, symbol: Symbol) -> Formula:
        if isinstance(symbol, Extent):
            known = self.channels.get(symbol.node.id) if symbol.axis == 0 else None
            return known or apply(OPAQUE, (self._renamed(symbol, "size"),), symbol.value)
        if isinstance(symbol.value, Maker) and symbol.name not in self.makers:
            return Fixed(symbol.value)  # one in all calls of the block
        if symbol.owner is self.module.scope.key and self.module.is_block:
            return Parameter(symbol.name, OWN, symbol.value)
        around = (s.title for s in self.module.scope.lineage() if s.key is symbol.owner)
        return self._renamed(symbol, symbol.name, next(around, ""))

    def _renamed(self, symbol: Symbol, name: str, owner: object = "") -> Parameter:
        made = Parameter(name, ("outer", owner), symbol.value)
        self.outer[made] = symbol
        return made

    def argument(self, symbol: Symbol) -> Any:
        """The caller's argument for a symbol of the class, in the formulas of the graph."""
        if isinstance(symbol, Extent):
            return self._extent(symbol)
        if symbol.name in self.makers and symbol.owner is OWN:
            made = self.makers[symbol.name]
            given = self.module.scope.flags[symbol.name]
            if not isinstance(given, Parameter):
                return maker(made)
            return maker(made, replace(given, value=maker(made)))
        if symbol.owner is OWN:
            value = self.module.scope.arguments[symbol.name]
            if isinstance(value, bool):
                return flag(value, self.module.scope.flags.get(symbol.name, Fixed(value)))
            return value
        return traced(symbol.value, self.outer[symbol])

    def _extent(self, symbol: Extent) -> Any:
        number = self.module.inputs[symbol.node]
        width = self.shapes[number][0]
        return traced(width, Extent(_Number(number), 0, width))

    def outside(self, formula: Formula) -> Formula:
        """A formula of the class in the formulas of the graph."""
        return rewritten(formula, lambda symbol: formula_of(self.argument(symbol)))

    def value_outside(self, value: Any) -> Any:
        """A traced number, or a tuple of them, in the formulas of the graph."""
        if isinstance(value, tuple):
            return type(value)(map(self.value_outside, value))
        formula = formula_of(value)
        return value if isinstance(formula, Fixed) else traced(value, self.outside(formula))

    # -------------------------------------------------------------- parts

    def add_child(
        self, part: Part, child: Instance, made: Construct, results: Sequence[Result]
    ) -> None:
        """Resolve a part that has a class or function of its own, which makes `results`."""
        args = tuple(replace(arg, value=self.value(arg.value)) for arg in made.args)
        self.makes[part] = replace(made, args=args)
        for number, (channels, needs) in zip(part.outputs, results, strict=True):
            self.channels[number] = named_width(self.here(child.outside(channels)))
            self.needs += [self.here(child.outside(formula)) for formula in needs]

    def hoist(self, child: Instance) -> None:
        """Take over the decisions of a block that turned out empty."""
        self.decisions += [self.here(child.outside(formula)) for formula in child.decisions]

    def add(self, part: Part) -> None:
        """Resolve an op."""
        node = part.node
        assert node is not None
        inputs = tuple(self._shape(number) for number in part.inputs)
        op = self._traced(node)
        width: Formula = Fixed(node.shape[0])
        is_plain = op is node.op and all(type(shape[0]) is int for shape in inputs)
        if is_plain or not part.inputs:
            form = part.form
        else:
            known = op.torch(inputs, part.overwrites)
            function = known.function if part.form.function is not None else None
            form = replace(part.form, module=known.module, function=function)
            if len(part.outputs) > 1:  # a split into equal pieces
                form = part.form
            width = formula_of(op.infer(inputs)[0])
        self.forms[part] = form
        for number in part.outputs:
            self.channels.setdefault(number, named_width(width))
        called = callee_of(part, self.module)
        if called in self.makers:
            made = self.makers[called]
            self.makes[part] = Called(called, maker(made, Parameter(called, OWN, maker(made))))
        elif form.module is not None:
            self.makes[part] = construct(form.module)
        elif form.function is not None:  # it is written with the numbers of this network
            for formula in (formula_of(arg.value) for arg in form.function.args):
                if not isinstance(formula, Fixed):
                    self.decisions.append(apply("==", (formula, Fixed(formula.value)), True))

    def _shape(self, number: int) -> Shape:
        shape = self.shapes[number]
        return traced(shape[0], self.channels.get(number, Fixed(shape[0]))), *shape[1:]

    def _traced(self, node: Node) -> Op:
        """The op with the formulas of its attributes."""
        if not self.traces or not node.formulas:
            return node.op
        changed = {}
        for name, formula in node.formulas.items():
            value = getattr(node.op, name)
            formulas = spread(formula, value)
            if isinstance(value, tuple):
                pairs = zip(value, formulas, strict=True)
                changed[name] = type(value)(traced(item, self.here(of)) for item, of in pairs)
            else:
                changed[name] = traced(value, self.here(formulas[0]))
        return replace(node.op, **changed)

    def add_chain(self, part: Part) -> None:
        """Resolve a child that is run by an `nn.Sequential` of its own."""
        child = part.child
        assert child is not None
        if child.empty:
            self.makes[part] = construct(Call("nn.Identity"))
        else:
            row = self.makes[part] = self.chained(child, child.parts)
            ends = [inner.outputs[0] for inner in child.parts]
            self.cover(child, row, child.parts, ends)

    def chained(self, module: Module, parts: Sequence[Part], single: bool = False) -> Chain:
        """Parts in a row; loops of repeats run as often as the text says."""
        items = [self.makes[part] for part in parts]
        if not self.traces:
            return chain(items)
        found = chain(items, [iteration_of(part, module.scope) for part in parts], single)
        return Chain(tuple(replace(run, count=self.value(run.count)) for run in found.runs))

    def cover(self, module: Module, row: Chain, parts: Sequence[Part], ends: Sequence[int]) -> None:
        """Note the repeats that a row of parts runs as loops; `ends` are the parts' values."""
        for run, first in zip(row.runs, row.starts(), strict=True):
            place = iteration_of(parts[first], module.scope)
            if run.repeat is None or place is None:
                continue
            self.covered.add(run.repeat)
            if place.index:  # those before it are written out
                least = (place.count, Fixed(place.index))
                self.decisions.append(self.here(apply(">=", least, True)))
            self._widen(formula_of(run.count), ends[first : first + plain(run.count)])

    def _widen(self, count: Formula, ends: Sequence[int]) -> None:
        """Let the channels behind a loop follow from the number of its iterations."""
        widths = [self.channels[number] for number in ends]
        if len(widths) < 2:
            return
        step = difference(widths[1], widths[0])
        total = widths[0]
        for width in widths[1:]:
            total = simplified("+", (total, step), total.value + step.value)
            if not equivalent(total, width):  # it is right for this number alone
                self.decisions.append(apply("==", (count, Fixed(count.value)), True))
                return
        if step.value:
            more = simplified("-", (count, Fixed(1)), count.value - 1)
            grown = simplified("*", (more, step), more.value * step.value)
            total = simplified("+", (widths[0], grown), widths[0].value + grown.value)
            self.channels[ends[-1]] = named_width(total)

    def outcomes(self, conditions: Iterable[Formula]) -> Iterator[Formula]:
        """Yield those conditions that the text asks here, with their outcomes."""
        for condition in conditions:
            yield from [made for made in self.decisions if made == condition][:1]

    def outcome(self, condition: Formula) -> bool | None:
        """The outcome of a condition; None where the text does not ask it."""
        return next((bool(made.value) for made in self.outcomes([condition])), None)

    def decide(self, scope: Scope) -> None:
        """Add the decisions of a scope of the class, where they depend on its parameters."""
        if not self.traces:
            return
        self.decisions += map(self.here, scope.decisions)
        formula = scope.count
        if formula is not None and scope.key not in self.covered:
            equal = apply("==", (formula, Fixed(formula.value)), True)
            self.decisions.append(self.here(equal))


@dataclass(frozen=True)
class _Number:
    """A value by its number, where a formula wants a node."""

    id: int
