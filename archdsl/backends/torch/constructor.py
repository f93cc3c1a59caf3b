"""The constructor of a class: its parameters, and what is written for each number in it.

A number is written as the author wrote it, in the parameters of the block. One whose expression
differs between the instances of the class, or that has none, becomes a parameter of its own.
Parameters that only choose what the class holds, and do so alike in all instances, are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from archdsl.backends.torch.equalities import common
from archdsl.backends.torch.expressions import (
    Symbol,
    Writer,
    equivalent,
    is_opaque,
    negated,
    rewritten,
    unsided,
)
from archdsl.backends.torch.formula_parts import cannot_be_written, parts_of, roles_of
from archdsl.backends.torch.instance import OWN, Instance
from archdsl.backends.torch.parameters import MISSING, plain_argument, same
from archdsl.ops.formulas import (
    Extent,
    Fixed,
    Formula,
    apply,
    formula_of,
    plain,
    symbols_of,
)
from archdsl.ops.formulas import Parameter as Named
from archdsl.reserved import allowed, free_name


@dataclass
class Extra:
    """A parameter for numbers that no expression covers: one for each instance."""

    column: list[Any]
    default: Any = MISSING


@dataclass
class Constructor:
    """The writer of the numbers of a class.

    Numbers are written twice. The first round collects their formulas, `settle` decides on the
    parameters, and the second round writes.
    """

    instances: Sequence[Instance]
    peers: Sequence[Instance] = ()  # all of the block in the network
    chosen: Collection[Formula] = ()  # conditions by which a function chooses the class
    taken: Collection[str] = ()  # names of functions, which no parameter may hide
    conditions: Sequence[Formula] = ()  # by which the class leaves out layers
    settled: bool = False
    bound: dict[Symbol, Any] = field(default_factory=dict)  # decided when compiling
    counts: set[Symbol] = field(default_factory=set)  # what numbers of iterations depend on
    seen: list[tuple[Formula, ...]] = field(default_factory=list)  # one for each instance
    real: set[Symbol] = field(default_factory=set)  # parameters that are written as real numbers
    computed: dict[str, Formula] = field(default_factory=dict)  # defaults that follow from others
    whole: set[Symbol] = field(default_factory=set)  # parameters on which whole numbers depend
    extras: dict[str, Extra] = field(default_factory=dict)
    writer: Writer = field(default_factory=Writer)

    def expression(self, hint: str, column: Sequence[Any], flows: bool = False) -> str:
        """Write a number that has one value in each instance, or is `MISSING`."""
        formulas = self._formulas(column)
        if not self.settled:
            self.seen.append(tuple(formulas))
            if not any(isinstance(value, float) for value in column):
                self.whole.update(*map(symbols_of, formulas))
            if hint == "count":
                self.counts.update(*map(symbols_of, formulas))
            agreed = self._agreed(column, formulas)
            self.seen += [] if agreed is None else [(agreed,)]
            return "0"
        present = [value for value in column if value is not MISSING]
        if any(map(is_opaque, formulas)):
            if all(same(value, present[0]) for value in present):
                return self.writer.text(Fixed(plain(present[0])))
            return self.fresh(hint, column)
        first = self._agreed(column, formulas)
        if first is None:
            return self.fresh(hint, column)
        if isinstance(present[0], float):
            if first in self.whole and not any(isinstance(v, float) for v in self._values(first)):
                return self.fresh(hint, column)  # TorchScript makes no float of an int
            self.real.update(symbol for symbol in (first,) if symbol in self.writer.names)
        return self.writer.text(first)

    def condition(self, outcomes: Sequence[tuple[Formula, bool]]) -> str:
        """The test of whether conditions have the outcomes that are given."""
        if not self.settled:
            return ""
        held = (rewritten(c if value else negated(c), self.known) for c, value in outcomes)
        return self.writer.text(reduce(lambda a, b: apply("and", (a, b), True), held))

    def _agreed(self, column: Sequence[Any], formulas: Sequence[Formula]) -> Formula | None:
        """The formula that those of all instances are equal to, where layers are left out, too."""
        present = (i for i, v in zip(self.instances, column, strict=True) if v is not MISSING)
        return common(formulas, [list(i.outcomes(self.conditions)) for i in present])

    def _formulas(self, column: Sequence[Any]) -> list[Formula]:
        present = (formula_of(value) for value in column if value is not MISSING)
        return list(map(self._rewritten, present))

    def _rewritten(self, formula: Formula) -> Formula:
        return unsided(rewritten(formula, self.known), self.writer.square)

    def known(self, symbol: Symbol) -> Formula:
        return Fixed(self.bound[symbol]) if symbol in self.bound else symbol

    def fresh(self, hint: str, column: Sequence[Any], default: Any = MISSING) -> str:
        """A parameter of its own for a number."""
        if not self.settled:
            return hint
        present = [value for value in column if value is not MISSING]
        filled = [present[0] if value is MISSING else value for value in column]
        outside = [
            instance.value_outside(value)
            for instance, value in zip(self.instances, filled, strict=True)
        ]
        for name, extra in self.extras.items():
            alike = all(same(a, b) for a, b in zip(extra.column, outside, strict=True))
            if alike and extra.default == default:
                return name
        written = self.writer
        taken = {*self.taken, *written.names.values(), *self.extras, *written.lets}
        name = free_name(hint, taken)
        self.extras[name] = Extra(outside, default)
        return name

    def settle(self) -> None:
        """Decide which parameters are left out, and name the others."""
        self._bind(self._opaque())
        first = self.instances[0]
        if first.module.scope.parent is None:  # a network is its structure
            decided = {s for formula in first.decisions for s in symbols_of(formula)}
            self._bind({s for s in self._symbols() if s in self.counts | decided})
        while self._bind(self._only_choosing()):
            pass
        found: dict[Symbol, None] = {}
        self.seen += self._computed_defaults()
        for condition in self.conditions:
            self.seen.append(tuple(d for i in self.instances for d in i.outcomes([condition])))
        self.writer.square.update(filter(self._is_square, self._symbols()))
        for formulas in self.seen:
            known = list(map(self._rewritten, formulas))
            if not any(map(is_opaque, known)) and all(equivalent(known[0], k) for k in known):
                found.update(dict.fromkeys(symbols_of(known[0])))
        found.update(dict.fromkeys(self._asked()))
        for symbol in sorted(found, key=self._order):
            taken = {*self.taken, *self.writer.names.values()}
            self.writer.names[symbol] = free_name(_name(symbol, self.instances[0]), taken)
        self.settled = True

    def _computed_defaults(self) -> list[tuple[Formula, ...]]:
        """The defaults of parameters that are used and follow from others."""
        used = self._symbols()
        for instance in self.instances:
            for name, formula in instance.module.scope.computed.items():
                if Named(name, OWN, None) in used:
                    self.computed.setdefault(name, instance.here(formula))
        return [(formula,) for formula in self.computed.values() if not isinstance(formula, Fixed)]

    def _asked(self) -> Iterator[Symbol]:
        """The symbols in conditions that differ between the calls of the block in the network."""
        values: dict[Symbol, set[str]] = {}
        for instance in (*self.instances, *self.peers):
            for formula in (*instance.decisions, *instance.needs):
                for symbol in symbols_of(formula):
                    values.setdefault(symbol, set()).add(repr(plain(symbol.value)))
        for formula in self.decisions():
            for symbol in () if formula in self.chosen else symbols_of(formula):
                own = isinstance(symbol, Extent) or symbol.owner is OWN
                if own and len(values[symbol]) > 1:
                    yield symbol

    def decisions(self) -> Iterator[Formula]:
        """The conditions that the structure of the class follows from."""
        for instance in self.instances:
            for formula in (*instance.decisions, *instance.needs):
                known = rewritten(formula, self.known)
                if not isinstance(known, Fixed) and not is_opaque(known):
                    yield known

    def _bind(self, symbols: Iterable[Symbol]) -> bool:
        """Bind those symbols that have one value in all instances."""
        found = {symbol: self._values(symbol) for symbol in symbols if symbol not in self.bound}
        alike = {s: values[0] for s, values in found.items() if len(set(map(repr, values))) == 1}
        self.bound |= alike
        return bool(alike)

    def _values(self, symbol: Symbol) -> list[Any]:
        values = []
        for formulas in self.seen:
            for formula in formulas:
                values += [found.value for found in symbols_of(formula) if found == symbol]
        return values

    def _opaque(self) -> set[Symbol]:
        """Symbols on which something depends that cannot be written."""
        found: set[Symbol] = set()
        for formula in self._all():
            found.update(
                *(symbols_of(part) for part in parts_of(formula) if cannot_be_written(part))
            )
        return found

    def _only_choosing(self) -> set[Symbol]:
        """Parameters that occur in conditions alone."""
        choosing: set[Symbol] = set()
        computing: set[Symbol] = set()
        for formula in self._all():
            for symbol, chooses in roles_of(rewritten(formula, self.known)):
                (choosing if chooses else computing).add(symbol)
        return {s for s in choosing - computing if not isinstance(s, Extent)}

    def _symbols(self) -> set[Symbol]:
        return {symbol for formula in self._all() for symbol in symbols_of(formula)}

    def _all(self) -> Iterator[Formula]:
        for formulas in self.seen:
            yield from formulas

    def _order(self, symbol: Symbol) -> tuple[int, int, str]:
        """The order of parameters: channels of inputs, the author's, those of blocks around."""
        if isinstance(symbol, Extent):
            return 0, symbol.node, ""
        own = list(self.instances[0].module.scope.arguments)
        if symbol.owner is OWN:
            return 1, own.index(symbol.name), ""
        return 2, 0, symbol.name

    def _is_square(self, symbol: Symbol) -> bool:
        values = [plain_argument(value) for value in self._values(symbol)]
        return not isinstance(symbol, Extent) and not any(isinstance(v, tuple) for v in values)

    def symbols(self) -> dict[str, Symbol]:
        """The symbols of the parameters that have one, by the parameters' names."""
        return {name: symbol for symbol, name in self.writer.names.items()}


def _name(symbol: Symbol, instance: Instance) -> str:
    if not isinstance(symbol, Extent):
        return allowed(symbol.name)
    flat = len(instance.shapes[instance.module.inputs[symbol.node]]) == 1
    name = "in_features" if flat else "in_channels"
    return f"{name}{symbol.node + 1}" if len(instance.module.inputs) > 1 else name
