"""The constructor of a class: its parameters, and what is written for each number in it.

A number is written as the author wrote it, in the parameters of the block. One whose expression
differs between the instances of the class, or that has none, becomes a parameter of its own.
Parameters that only choose what the class holds, and do so alike in all instances, are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from archdsl.backends.torch.expressions import (
    Symbol,
    Writer,
    equivalent,
    is_opaque,
    negated,
    rewritten,
    unsided,
)
from archdsl.backends.torch.parameters import MISSING, Parameter, annotation, plain_argument, same
from archdsl.backends.torch.resolve import OWN, Instance
from archdsl.ops.formulas import (
    OPAQUE,
    Apply,
    Extent,
    Fixed,
    Formula,
    formula_of,
    plain,
    symbols_of,
    traced,
)
from archdsl.ops.formulas import Parameter as Named
from archdsl.ops.torch_form import Code
from archdsl.reserved import allowed, free_name

CONDITIONS = frozenset(["==", "!=", "<", "<=", ">", ">=", "and", "or", "not"])


@dataclass
class Extra:
    """A parameter for numbers that no expression covers: one for each instance."""

    column: list[Any]
    default: Any = MISSING


@dataclass
class Constructor:
    """Writes the numbers of a class; `settle` ends a first round, in which nothing is known yet."""

    instances: Sequence[Instance]
    peers: Sequence[Instance] = ()  # all of the block in the network
    chosen: Collection[Formula] = ()  # conditions by which a function chooses the class
    taken: Collection[str] = ()  # names of functions, which no parameter may hide
    settled: bool = False
    bound: dict[Symbol, Any] = field(default_factory=dict)  # decided when compiling
    counts: set[Symbol] = field(default_factory=set)  # what numbers of iterations depend on
    seen: list[tuple[Formula, ...]] = field(default_factory=list)  # one for each instance
    real: set[Symbol] = field(default_factory=set)  # parameters that are written as real numbers
    computed: dict[str, Formula] = field(default_factory=dict)  # defaults that follow from others
    whole: set[Symbol] = field(default_factory=set)  # parameters on which whole numbers depend
    extras: dict[str, Extra] = field(default_factory=dict)
    writer: Writer = field(default_factory=Writer)

    # -------------------------------------------------------------- numbers

    def expression(self, hint: str, column: Sequence[Any], flows: bool = False) -> str:
        """What to write for a number that has one value in each instance, or is `MISSING`."""
        formulas = self._formulas(column)
        if not self.settled:
            self.seen.append(tuple(formulas))
            if not any(isinstance(value, float) for value in column):
                self.whole.update(*map(symbols_of, formulas))
            if hint == "count":
                self.counts.update(*map(symbols_of, formulas))
            return "0"
        present = [value for value in column if value is not MISSING]
        first = formulas[0]
        if any(map(is_opaque, formulas)):
            if all(same(value, present[0]) for value in present):
                return self.writer.text(Fixed(plain(present[0])))
            return self.fresh(hint, column)
        if not all(equivalent(first, other) for other in formulas):
            return self.fresh(hint, column)
        if isinstance(present[0], float):
            if first in self.whole and not any(isinstance(v, float) for v in self._values(first)):
                return self.fresh(hint, column)  # TorchScript makes no float of an int
            self.real.update(symbol for symbol in (first,) if symbol in self.writer.names)
        return self.writer.text(first)

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

    # -------------------------------------------------------------- what is decided

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
        for formula in self._decisions():
            for symbol in () if formula in self.chosen else symbols_of(formula):
                own = isinstance(symbol, Extent) or symbol.owner is OWN
                if own and len(values[symbol]) > 1:
                    yield symbol

    def _decisions(self) -> Iterator[Formula]:
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
                *(symbols_of(part) for part in _parts(formula) if _cannot_be_written(part))
            )
        return found

    def _only_choosing(self) -> set[Symbol]:
        """Parameters that occur in conditions alone."""
        choosing: set[Symbol] = set()
        computing: set[Symbol] = set()
        for formula in self._all():
            for symbol, chooses in _roles(rewritten(formula, self.known)):
                (choosing if chooses else computing).add(symbol)
        return {s for s in choosing - computing if not isinstance(s, Extent)}

    def _symbols(self) -> set[Symbol]:
        return {symbol for formula in self._all() for symbol in symbols_of(formula)}

    def _all(self) -> Iterator[Formula]:
        for formulas in self.seen:
            yield from formulas

    def _order(self, symbol: Symbol) -> tuple[int, int, str]:
        """What flows in, then the author's parameters, then those of blocks around."""
        if isinstance(symbol, Extent):
            return 0, symbol.node, ""
        own = list(self.instances[0].module.scope.arguments)
        if symbol.owner is OWN:
            return 1, own.index(symbol.name), ""
        return 2, 0, symbol.name

    def _is_square(self, symbol: Symbol) -> bool:
        values = [plain_argument(value) for value in self._values(symbol)]
        return not isinstance(symbol, Extent) and not any(isinstance(v, tuple) for v in values)

    # -------------------------------------------------------------- results

    def symbols(self) -> dict[str, Symbol]:
        """The symbols of the parameters that have one, by the parameters' names."""
        return {name: symbol for symbol, name in self.writer.names.items()}

    def parameters(self) -> list[tuple[Parameter, list[Any]]]:
        """The parameters with what each instance gives for them, those with defaults last."""
        found = [self._parameter(symbol, name) for symbol, name in self.writer.names.items()]
        for name, extra in self.extras.items():
            column = [self._argument(value, real=False) for value in extra.column]
            found.append((Parameter(name, annotation(column), extra.default), column))
        return sorted(found, key=lambda pair: pair[0].default is not MISSING)

    def _parameter(self, symbol: Symbol, name: str) -> tuple[Parameter, list[Any]]:
        scope = self.instances[0].module.scope
        declared = scope.defaults.get(symbol.name) if isinstance(symbol, Named) else None
        real = symbol in self.real or isinstance(declared, float)
        given = [instance.argument(symbol) for instance in self.instances]
        column = [self._argument(value, real) for value in given]
        default = self._default(symbol, column)
        if isinstance(default, (int, float)):
            default = self._argument(default, real)
        kind = annotation(column)
        if isinstance(default, Code) and isinstance(symbol, Named):
            kind += " | None"
            taken = [symbol.name in i.module.scope.computed for i in self.instances]
            column = [default if d else v for d, v in zip(taken, column, strict=True)]
        return Parameter(name, kind, default), column

    def _default(self, symbol: Symbol, column: list[Any]) -> Any:
        """The author's default, or what a partial call has bound in its place."""
        scope = self.instances[0].module.scope
        if isinstance(symbol, Extent) or symbol.owner is not OWN:
            return MISSING
        computed = self.computed.get(symbol.name)
        if isinstance(computed, Fixed):
            return plain_argument(computed.value)
        if computed is not None and not self._reads_sides(computed):
            return Code("None")
        if scope.parent is None:
            return plain(column[0])
        default = plain_argument(scope.defaults.get(symbol.name))
        return MISSING if default is None else default

    def defaults(self) -> list[tuple[str, str]]:
        """The parameters whose default is computed from others, each with its expression."""
        found = []
        for symbol, name in self.writer.names.items():
            formula = None
            if isinstance(symbol, Named) and symbol.owner is OWN:
                formula = self.computed.get(symbol.name)
            if formula is None or isinstance(formula, Fixed) or self._reads_sides(formula):
                continue
            found.append((name, self.writer.text(formula)))
        return found

    def _reads_sides(self, formula: Formula) -> bool:
        """Whether a formula reads the sides of a size that some instance gives as one number."""
        sizes = {
            symbol for part in _parts(formula) if _is_side(part) for symbol in symbols_of(part)
        }
        return not sizes <= self.writer.square

    def _argument(self, value: Any, real: bool) -> Any:
        value = plain_argument(value)
        if not real or not isinstance(value, int) or isinstance(plain(value), bool):
            return value
        return traced(float(value), formula_of(value))

    def checks(self, subject: str) -> list[tuple[str, str]]:
        """Conditions under which the class is not what its block is, each with a message."""
        held = [f if f.value else negated(f) for f in self.conditions()]
        return [
            (self.writer.text(negated(f)), f"{subject} needs {self.writer.text(f)}") for f in held
        ]

    def conditions(self) -> list[Formula]:
        """The author's conditions that have one outcome in the class, and another for others."""
        found: dict[str, Formula | None] = {}
        for known in map(self._with_values, self._decisions()):
            if isinstance(known, Fixed):
                continue
            if all(symbol in self.writer.names for symbol in symbols_of(known)):
                text = self.writer.text(known)
                other = found.setdefault(text, known)
                if other is not None and other.value != known.value:
                    found[text] = None  # the class is both
        return [formula for formula in found.values() if formula is not None]

    def _with_values(self, formula: Formula) -> Formula:
        """A condition with the value of each symbol that is no parameter of the class."""

        if formula in self.chosen:
            return formula

        def known(symbol: Symbol) -> Formula:
            own = isinstance(symbol, Extent) or symbol.owner is OWN
            return Fixed(plain(symbol.value)) if own and symbol not in self.writer.names else symbol

        return rewritten(formula, known)


def _name(symbol: Symbol, instance: Instance) -> str:
    if not isinstance(symbol, Extent):
        return allowed(symbol.name)
    flat = len(instance.shapes[instance.module.inputs[symbol.node]]) == 1
    name = "in_features" if flat else "in_channels"
    return f"{name}{symbol.node + 1}" if len(instance.module.inputs) > 1 else name


def _parts(formula: Formula) -> Iterator[Formula]:
    yield formula
    if isinstance(formula, Apply):
        for operand in formula.operands:
            yield from _parts(operand)


def _is_side(formula: Formula) -> bool:
    return isinstance(formula, Apply) and formula.function == "index"


def _cannot_be_written(formula: Formula) -> bool:
    """Whether a formula is itself what cannot be written."""
    return isinstance(formula, Apply) and formula.function == OPAQUE


def _roles(formula: Formula, chooses: bool = False) -> Iterator[tuple[Symbol, bool]]:
    """The symbols in a formula, each with whether it is part of a condition there."""
    if isinstance(formula, Apply):
        for number, operand in enumerate(formula.operands):
            condition = formula.function in CONDITIONS or (formula.function == "if" and number == 0)
            yield from _roles(operand, chooses or condition)
    elif not isinstance(formula, Fixed):
        yield formula, chooses
