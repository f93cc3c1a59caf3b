"""A check of names in expressions and calls, without running anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any, assert_never

from archdsl.diagnostics import Rejected, Reported, Sink, Span, argument_errors, name_errors
from archdsl.elaboration.arguments import attributes, match, match_attributes, required
from archdsl.elaboration.environment import (
    BlockValue,
    Environment,
    FunctionValue,
    OpValue,
    is_taken,
    shadows_language,
)
from archdsl.elaboration.functions import FUNCTIONS
from archdsl.ops import OPS, Op
from archdsl.ops.values import Kind
from archdsl.syntax import ast

UNKNOWN = object()  # a name whose value only a call knows


@dataclass
class Names:
    """Local names with their places; inner tables see the outer ones.

    `kind` is that of the body that they are local to; None where it is none of its own, as an
    `if`'s.
    """

    outer: Names | None = None
    here: dict[str, Span] = field(default_factory=dict)
    defaults: dict[str, frozenset[str]] = field(default_factory=dict)
    kind: str | None = None

    def inner(self, kind: str | None = None) -> Names:
        """A table inside this one, for a body of a kind."""
        return Names(self, kind=kind)

    def kinds(self) -> Iterator[str]:
        """The kinds of the bodies around, from the inside out."""
        table: Names | None = self
        while table is not None:
            if table.kind is not None:
                yield table.kind
            table = table.outer

    def defaulted(self, op: str) -> frozenset[str]:
        """The arguments of an op that a `default` above sets."""
        found = self.defaults.get(op, frozenset())
        return found | self.outer.defaulted(op) if self.outer is not None else found

    def find(self, name: str) -> Span | None:
        table: Names | None = self
        while table is not None:
            if name in table.here:
                return table.here[name]
            table = table.outer
        return None

    def all(self) -> Iterator[str]:
        table: Names | None = self
        while table is not None:
            yield from table.here
            table = table.outer


@dataclass
class Uses:
    """A checker of the uses of names; `unknown` counts the names that nothing defines.

    `labels` returns those of the file, for advice only.
    """

    environment: Environment
    sink: Sink
    unknown: int = 0
    labels: Callable[[], frozenset[str]] = frozenset

    def call(
        self,
        callee: ast.Name,
        arguments: tuple[ast.Argument, ...],
        span: Span,
        names: Names,
        partial: bool,
        for_value: bool = False,
    ) -> None:
        value = self._value(callee, names, called=True, for_value=for_value)
        if isinstance(value, OpValue):
            self._op_call(value, arguments, span, names, partial)
        elif (isinstance(value, FunctionValue) and for_value) or (
            isinstance(value, BlockValue) and not value.bound
        ):
            parameters = value.definition.parameters or ()
            needed = [p.name.id for p in parameters if p.default is None]
            self._match(
                callee.id,
                lambda: match(callee.id, [p.name.id for p in parameters], arguments, {}),
                () if partial and isinstance(value, BlockValue) else needed,
                span,
                value.definition.name.span,
            )
            self.arguments(arguments, names)
        elif value is UNKNOWN or isinstance(value, Reported):
            for argument in arguments:
                value = argument.value
                if not (isinstance(value, ast.Name) and value.id in bare_words(len(OPS))):
                    self.expression(value, names)
        else:
            self.arguments(arguments, names)

    def _op_call(
        self,
        value: OpValue,
        arguments: tuple[ast.Argument, ...],
        span: Span,
        names: Names,
        partial: bool,
    ) -> None:
        word = value.op.word
        defaulted = names.defaulted(word)
        needed = [] if partial else [n for n in required(value.op) if n not in defaulted]
        known = attributes(value.op)
        matched = self._match(
            word, lambda: match_attributes(value.op, arguments, {}), needed, span, None
        )
        for name, argument in matched.items():
            kind: Kind = known[name].metadata["kind"]
            if isinstance(argument.value, ast.Name) and argument.value.id in kind.symbols:
                continue
            if isinstance(argument.value, ast.Name):
                self._value(argument.value, names, kind.symbols)
                continue
            call = argument.value
            if (
                isinstance(call, ast.Call)
                and isinstance(call.callee, ast.Name)
                and (call.callee.id in kind.functions)
            ):
                self.arguments(call.arguments, names)
                continue
            self.expression(argument.value, names)

    def _match(
        self,
        callee: str,
        match_all: Callable[[], dict[str, ast.Argument]],
        needed: Iterable[str],
        span: Span,
        where: Span | None,
    ) -> dict[str, ast.Argument]:
        try:
            matched = match_all()
        except Rejected as rejected:
            self.sink.add(rejected.diagnostic)
            return {}
        missing = [name for name in needed if name not in matched]
        if missing:
            self.sink.add(argument_errors.missing_argument(callee, missing, where).at(span))
        return matched

    def arguments(self, arguments: tuple[ast.Argument, ...], names: Names) -> None:
        for argument in arguments:
            self.expression(argument.value, names)

    def expression(self, expression: ast.Expr, names: Names) -> None:
        """Check the names that an expression uses."""
        match expression:
            case ast.Call(callee=ast.Name() as callee, arguments=arguments):
                if callee.id in FUNCTIONS:
                    self.arguments(arguments, names)
                else:
                    self.call(callee, arguments, expression.span, names, True, for_value=True)
            case ast.Name():
                self._value(expression, names)
            case ast.Reference():
                self._template_parts(expression.path, names)
            case ast.Call():
                self.expression(expression.callee, names)
                self.arguments(expression.arguments, names)
            case ast.List():
                self._expressions(expression.items, names)
            case ast.Comprehension():
                self._comprehension(expression, names)
            case ast.Map():
                self._expressions(chain.from_iterable(expression.pairs), names)
            case ast.Unary() | ast.Attribute():
                self.expression(expression.operand, names)
            case ast.Binary():
                self._expressions((expression.left, expression.right), names)
            case ast.Conditional():
                parts = (expression.then, expression.condition, expression.otherwise)
                self._expressions(parts, names)
            case ast.Index():
                self._expressions((expression.operand, expression.index), names)
            case ast.Literal() | ast.SizeLiteral() | ast.Flow():
                pass
            case _:
                assert_never(expression)

    def _comprehension(self, expression: ast.Comprehension, names: Names) -> None:
        self.expression(expression.source, names)
        inner = names.inner()
        self.introduce_all(expression.header, inner)
        self.expression(expression.value, inner)
        if expression.condition is not None:
            self.expression(expression.condition, inner)

    def introduce_all(self, header: ast.Header, names: Names) -> None:
        """Add the names of a header, and report those that hide others."""
        for name in (header.index, *header.names):
            if name is not None:
                self.introduce(name, names)

    def introduce(self, name: ast.Name, names: Names, parameter: bool = False) -> None:
        """Add a local name, and report it if it hides another."""
        where = names.find(name.id)
        if is_taken(name.id, parameter):
            self.sink.add(shadows_language(name))
        elif where is not None and where != name.span:
            self.sink.add(name_errors.shadows(name.id, "something else", where).at(name.span))
        names.here.setdefault(name.id, name.span)

    def _expressions(self, expressions: Iterable[ast.Expr], names: Names) -> None:
        for expression in expressions:
            self.expression(expression, names)

    def _template_parts(self, path: tuple[ast.Template, ...], names: Names) -> None:
        """Check the expressions in the labels of a reference."""
        for template in path:
            self._expressions((p for p in template.parts if not isinstance(p, str)), names)

    def _value(
        self,
        name: ast.Name,
        names: Names,
        words: Sequence[str] = (),
        called: bool = False,
        for_value: bool = False,
    ) -> Any:
        """The value of a name, as far as the text alone shows it; unknown names are reported.

        `called` is whether arguments follow it, `for_value` whether that is inside an expression.
        """
        top = names
        while top.outer is not None:
            if name.id in top.here:
                return UNKNOWN
            top = top.outer
        try:
            return self.environment.get(name.id)
        except KeyError:
            if name.id in top.here:
                return UNKNOWN
            known = [*names.all(), *self.environment.known()]
            problem = name_errors.unknown_name(name.id, known, words=words, called=called)
            if for_value:
                problem = name_errors.unknown_function(name.id, known, list(FUNCTIONS))
            elif name.id in self.labels():
                problem = name_errors.label_without_sign(name.id)
            self.sink.add(problem.at(name.span))
            self.unknown += 1
            return UNKNOWN


@lru_cache(1)
def bare_words(ops: int) -> frozenset[str]:
    """The words that some argument of some op knows; `ops` is how many there are by now."""
    known = list(OPS.values())  # another thread may add a plugin's meanwhile
    found = (f.metadata["kind"].symbols for op in known for f in attributes(op).values())
    return frozenset(chain.from_iterable(found))


def attributes_set(op: type[Op], arguments: tuple[ast.Argument, ...]) -> frozenset[str]:
    """The attributes that arguments set; none when the arguments are wrong."""
    try:
        return frozenset(match_attributes(op, arguments, {}))
    except Rejected:
        return frozenset()
