"""Values of the language, and the nested tables of names that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from archdsl.diagnostics import Diagnostic, Rejected, Reported, Span, limit_errors, name_errors
from archdsl.elaboration.functions import FUNCTIONS
from archdsl.elaboration.plugins import op_called
from archdsl.ir import Node
from archdsl.ops import BUILT_IN, OPS, Op
from archdsl.ops.formulas import Formula, Parameter, parameter
from archdsl.records import record
from archdsl.syntax import ast

MOST_STEPS = 600_000


@dataclass
class Meter:
    """The work that one run may still do: items expanded, values computed.

    `depth` counts the functions that call one another at the moment.
    """

    left: int = MOST_STEPS
    depth: int = 0
    spent: Diagnostic | None = None

    def renew(self) -> None:
        """Go back to before the first step."""
        self.left, self.spent = MOST_STEPS, None

    def spend(self, steps: int, span: Span) -> None:
        """Count work; `Rejected` from the step that is too much on, always with its place."""
        self.left -= steps
        if self.left < 0:
            self.spent = self.spent or limit_errors.too_much_work(MOST_STEPS).at(span)
            raise Rejected(self.spent)


@record
class Given:
    """An argument with its value, or (for an op) its text still to be read by the op's rules."""

    name: str | None
    value: Any
    span: Span


@dataclass
class Environment:
    """Names in scope, and the default arguments of ops; inner tables see the outer ones.

    `formulas` are those of truth values and ops, which cannot hold their own.
    """

    outer: Environment | None = None
    names: dict[str, Any] = field(default_factory=dict)
    formulas: dict[str, Formula] = field(default_factory=dict)
    defaults: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)

    def inner(self) -> Environment:
        """A table inside this one."""
        return Environment(self, {}, {}, self.defaults, self.meter)

    def set(self, name: ast.Name, value: Any, parameter: bool = False) -> None:
        """Name a value; `Rejected` for a word of the language, but a parameter may be an op's."""
        if is_taken(name.id, parameter):
            raise Rejected(shadows_language(name))
        self.names[name.id] = value

    def bind(self, arguments: Mapping[str, Any], owner: object) -> None:
        """Name the arguments of a call: here their formulas are parameters of the `owner`."""
        for name, value in arguments.items():
            self.names[name] = parameter(value, name, owner)
            if isinstance(value, (bool, OpValue)):
                self.formulas[name] = Parameter(name, owner, value)

    def formula(self, name: str) -> Formula | None:
        """The formula of a truth value or an op; None where it has none."""
        table: Environment | None = self
        while table is not None:
            if name in table.names:
                return table.formulas.get(name)
            table = table.outer
        return None

    def __contains__(self, name: str) -> bool:
        try:
            self.get(name)
        except KeyError:
            return False
        return True

    def get(self, name: str, outside: bool = True) -> Any:
        """The value of a name; KeyError where there is none.

        `outside` is whether installed packages are asked for an op that nothing here has.
        """
        table: Environment | None = self
        while table is not None:
            if name in table.names:
                return table.names[name]
            table = table.outer
        op = op_called(name) if outside else OPS.get(name)
        if op is None:
            raise KeyError(name)
        return OpValue(op)

    def callee(self, name: str) -> Any:
        """The value of a name that is called: a parameter that cannot be called hides no op.

        KeyError where there is none.
        """
        value = self.get(name)
        if name in BUILT_IN and not isinstance(value, CALLED):
            return OpValue(OPS[name])
        return value

    def networks(self) -> dict[str, NetworkValue]:
        """The networks in sight, by name."""
        outer = self.outer.networks() if self.outer else {}
        seen = {name: network for name, network in outer.items() if name not in self.names}
        own = {name: v for name, v in self.names.items() if isinstance(v, NetworkValue)}
        return seen | own

    def known(self) -> Iterator[str]:
        """All names that `get` finds, for suggestions."""
        table: Environment | None = self
        while table is not None:
            yield from table.names
            table = table.outer
        yield from list(OPS)  # other threads may add a plugin's meanwhile


def is_taken(name: str, parameter: bool = False) -> bool:
    """Whether the language itself gives a name its meaning; a file may have a plugin's.

    A parameter may have an op's name, so that new ops break no old files.
    """
    return name in FUNCTIONS or (name in BUILT_IN and not parameter)


def shadows_language(name: ast.Name) -> Diagnostic:
    """The message for a name that the language gives its meaning."""
    what = "an op" if name.id in BUILT_IN else "a function"
    return name_errors.shadows(name.id, what, None).at(name.span)


@record
class OpValue:
    """An op as a value, with arguments bound so far."""

    op: type[Op]
    bound: tuple[Given, ...] = ()

    def __str__(self) -> str:
        return self.op.word


@dataclass(frozen=True, eq=False)
class BlockValue:
    """A block as a value, with parameters bound so far, in the scope of its definition."""

    definition: ast.Block
    environment: Environment
    bound: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.definition.name.id

    def binding(self, values: Mapping[str, Any]) -> BlockValue:
        return replace(self, bound={**self.bound, **values})


@dataclass(frozen=True, eq=False)
class FunctionValue:
    """A function that the author defines, with the names in sight of its definition."""

    definition: ast.Let
    environment: Environment

    def __str__(self) -> str:
        return self.definition.name.id

    @property
    def parameters(self) -> tuple[ast.Parameter, ...]:
        return self.definition.parameters or ()


@dataclass(frozen=True, eq=False)
class NetworkValue:
    """A network, with parameters bound so far; a variant keeps the definition of its base."""

    name: str
    definition: ast.Network
    environment: Environment
    doc: str
    span: Span
    bound: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def binding(self, values: Mapping[str, Any]) -> NetworkValue:
        return replace(self, bound={**self.bound, **values})

    def unbound(self) -> list[str]:
        """Parameters that still need a value."""
        return [
            p.name.id
            for p in self.definition.parameters
            if p.default is None and p.name.id not in self.bound
        ]


CALLED = (OpValue, BlockValue, FunctionValue, NetworkValue, Node, Reported)
