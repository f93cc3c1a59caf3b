"""Functions that make one of several classes: a block whose structure follows from its arguments.

    block project(channels, stride) {
        if in.channels != channels or stride != 1 { conv(1x1, channels, /stride) -> bn }
    }

becomes `def project(in_channels, channels, stride) -> nn.Module` with the author's condition, which
returns a class for each structure that the network has, or `nn.Identity()` for none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archdsl.backends.torch.constructor import Constructor
from archdsl.backends.torch.equalities import equalities
from archdsl.backends.torch.expressions import Symbol, equivalent, is_opaque, negated, rewritten
from archdsl.backends.torch.instance import OWN, Instance
from archdsl.backends.torch.layout import Atom, CallOf, Expr, Keyword, laid_out
from archdsl.backends.torch.parameters import MISSING, Parameter
from archdsl.backends.torch.signature import parameters_of
from archdsl.ops.formulas import Extent, Formula, plain, symbols_of
from archdsl.ops.formulas import Parameter as Named

if TYPE_CHECKING:
    from archdsl.backends.torch.generated_class import Class


@dataclass(frozen=True)
class Test:
    """A condition of the author, and what holds where it is true and where it is false.

    A leaf is the number of a group of instances that have one structure.
    """

    condition: Formula
    then: Test | int
    otherwise: Test | int


def tests_between(groups: Sequence[Sequence[Instance]]) -> Test | int | None:
    """The author's conditions that tell groups of instances apart; None if no condition does."""
    return _between(dict(enumerate(groups)))


def _between(groups: dict[int, Sequence[Instance]]) -> Test | int | None:
    first, *others = groups
    if not others:
        return first
    for decision in groups[first][0].decisions:
        outcomes = {number: _outcome(decision, group) for number, group in groups.items()}
        if is_opaque(decision) or None in outcomes.values() or len(set(outcomes.values())) == 1:
            continue
        then = _between({n: group for n, group in groups.items() if outcomes[n]})
        otherwise = _between({n: group for n, group in groups.items() if not outcomes[n]})
        if then is not None and otherwise is not None:
            return Test(decision, then, otherwise)
    return None


def _outcome(decision: Formula, group: Sequence[Instance]) -> bool | None:
    """The outcome of a condition in a group; None where instances differ or do not ask it."""
    outcomes = {instance.outcome(decision) for instance in group}
    return outcomes.pop() if len(outcomes) == 1 else None


@dataclass(eq=False)
class Factory:
    """A function that makes a block's module; `leaves` are its classes, None the identity."""

    name: str
    title: str  # of the block
    doc: str
    leaves: list[Class | None]
    test: Test
    parameters: list[Parameter] = field(default_factory=list)
    values: dict[Any, list[Any]] = field(default_factory=dict)  # by the module
    names: dict[Symbol, str] = field(default_factory=dict)
    lets: dict[str, str] = field(default_factory=dict)  # local variables of the conditions
    results: list[list[Formula]] = field(default_factory=list)  # the channels of each leaf's values
    conditions: dict[Test, str] = field(default_factory=dict)
    opposites: dict[Test, str] = field(default_factory=dict)

    def solve(self, instances: Sequence[Instance], taken: set[str]) -> None:
        """Find the parameters, and what each instance gives for them."""
        leaves = [leaf for leaf in self.leaves if leaf is not None]
        constructor = Constructor(instances, taken=taken)
        needed = dict.fromkeys(s for leaf in leaves for s in leaf.symbols if s is not None)
        asked = {symbol for test in _tests(self.test) for symbol in symbols_of(test.condition)}
        for symbol in [*needed, *asked]:
            constructor.seen.append(tuple(_given(instance, symbol) for instance in instances))
        fixed = {s: plain(_given(instances[0], s).value) for s in asked if s not in needed}
        varied = {s for s in fixed if len({repr(_given(i, s).value) for i in instances}) > 1}
        constructor.bound = {s: value for s, value in fixed.items() if s not in varied}
        constructor.settle()
        solved = parameters_of(constructor)
        self.parameters = [parameter for parameter, _ in solved]
        for number, instance in enumerate(instances):
            self.values[instance.module] = [column[number] for _, column in solved]
        self.names = dict(constructor.writer.names)
        for test in _tests(self.test):
            known = rewritten(test.condition, constructor.known)
            self.conditions[test] = constructor.writer.text(known)
            self.opposites[test] = constructor.writer.text(negated(known))
        self.lets = constructor.writer.lets

    def result(self, instance: Instance, place: int) -> tuple[Formula, list[Formula]]:
        """The channels of a value that an instance makes, and conditions without which they differ.

        Where the channels differ only as the conditions say, as behind a projection that is left
        out where `in.channels == channels`, there is no such condition.
        """
        own = instance.channels[instance.module.outputs[place]]
        common = _common(self.test, [channels[place] for channels in self.results])
        if common is not None:
            equal = [p for d in instance.decisions for p in equalities(d, bool(d.value))]
            for formula in (own, *(b for a, b in equal if equivalent(a, own))):
                if equivalent(formula, common):
                    return formula, []
        asked = {test.condition for test in _tests(self.test)}
        return own, [decision for decision in instance.decisions if decision in asked]

    def lines(self, made: Mapping[str, Expr]) -> list[str]:
        """The body; `made` are calls that stand in the place of a class's, by its name."""
        local = (laid_out(f"{name} = ", Atom(text), level=1) for name, text in self.lets.items())
        return [line for lines in (*local, self._lines(self.test, 1, made)) for line in lines]

    def _lines(self, test: Test | int, level: int, made: Mapping[str, Expr]) -> list[str]:
        if isinstance(test, int):
            return laid_out("return ", self._leaf(test, made), level=level)
        condition = Atom(self.conditions[test])
        then = self._lines(test.then, level + 1, made)
        return [
            *laid_out("if ", condition, ":", level=level),
            *then,
            *self._lines(test.otherwise, level, made),
        ]

    def _leaf(self, number: int, made: Mapping[str, Expr]) -> Expr:
        leaf = self.leaves[number]
        if leaf is None:
            return Atom("nn.Identity()")
        if leaf.name in made:
            return made[leaf.name]
        args: list[Expr] = []
        for parameter, symbol in zip(leaf.parameters, leaf.symbols, strict=True):
            assert symbol is not None  # as `can_choose` has found
            value = Atom(self.names[symbol])
            keyword = parameter.default is not MISSING
            args.append(Keyword(parameter.name, value) if keyword else value)
        return CallOf(leaf.name, tuple(args))

    def where(self, leaf: Class) -> str:
        """The condition under which a class is made."""
        number = self.leaves.index(leaf)
        conditions = self._way(self.test, number) or []
        several = len(conditions) > 1
        return " and ".join(f"({c})" if several and " or " in c else c for c in conditions)

    def _way(self, test: Test | int, number: int) -> list[str] | None:
        if isinstance(test, int):
            return [] if test == number else None
        then, otherwise = self._way(test.then, number), self._way(test.otherwise, number)
        if then is not None:
            return [self.conditions[test], *then]
        return None if otherwise is None else [self.opposites[test], *otherwise]


def _common(test: Test | int, results: Sequence[Formula]) -> Formula | None:
    """The formula that all leaves below a test have, or one that equals theirs where they are."""
    if isinstance(test, int):
        return results[test]
    then, otherwise = _common(test.then, results), _common(test.otherwise, results)
    if then is None or otherwise is None or equivalent(then, otherwise):
        return then if otherwise is not None else None
    for outcome, here, there in ((False, otherwise, then), (True, then, otherwise)):
        pairs = equalities(test.condition, outcome)
        if any(equivalent(a, here) and equivalent(b, there) for a, b in pairs):
            return there
    return None


def _given(instance: Instance, symbol: Symbol) -> Formula:
    """A symbol of the class with its value in one instance."""
    value = plain(instance.argument(symbol))
    if isinstance(symbol, Extent):
        return Extent(symbol.node, symbol.axis, value)
    return Named(symbol.name, symbol.owner, value)


def _tests(test: Test | int) -> list[Test]:
    if isinstance(test, int):
        return []
    return [test, *_tests(test.then), *_tests(test.otherwise)]


def conditions_to(test: Test | int | None, leaf: int) -> list[Formula] | None:
    """The conditions on the way to a leaf; None where it is not below the test."""
    if not isinstance(test, Test):
        return [] if test == leaf else None
    paths = (conditions_to(test.then, leaf), conditions_to(test.otherwise, leaf))
    return next(([test.condition, *path] for path in paths if path is not None), None)


def can_choose(leaves: Sequence[Class | None], test: Test | int | None) -> bool:
    """Whether a function of the block's own parameters makes each class."""
    if not isinstance(test, Test):
        return False
    symbols: list[Symbol | None] = [
        s for found in _tests(test) for s in symbols_of(found.condition)
    ]
    for leaf in leaves:
        symbols += [] if leaf is None else leaf.symbols
    return all(s is not None and (isinstance(s, Extent) or s.owner is OWN) for s in symbols)
