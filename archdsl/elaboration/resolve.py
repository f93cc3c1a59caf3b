"""Names checked without running anything: also in blocks that nothing calls."""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, is_dataclass
from typing import Any

from archdsl.diagnostics import Rejected, Sink, Span
from archdsl.diagnostics import names as say
from archdsl.elaboration.arguments import attributes, match, required
from archdsl.elaboration.environment import POISON, BlockValue, Environment, OpValue, is_taken
from archdsl.elaboration.functions import FUNCTIONS
from archdsl.elaboration.naming import why_reserved
from archdsl.ops import OPS
from archdsl.ops.values import Kind
from archdsl.syntax import ast

_TAKEN = """torch nn F Tensor OrderedDict NamedTuple None True False super self int float bool tuple
    range isinstance annotations"""
TAKEN_IN_PYTHON = frozenset(_TAKEN.split())
BARE_WORDS = frozenset(
    word
    for op in OPS.values()
    for f in attributes(op).values()
    for word in f.metadata["kind"].symbols
)
UNKNOWN = object()  # a name whose value only a call knows


@dataclass
class _Names:
    """Local names with their places; inner tables see the outer ones."""

    outer: _Names | None = None
    here: dict[str, Span] = field(default_factory=dict)
    defaults: dict[str, frozenset[str]] = field(default_factory=dict)

    def defaulted(self, op: str) -> frozenset[str]:
        """The arguments of an op that a `default` above sets."""
        found = self.defaults.get(op, frozenset())
        return found | self.outer.defaulted(op) if self.outer is not None else found

    def find(self, name: str) -> Span | None:
        table: _Names | None = self
        while table is not None:
            if name in table.here:
                return table.here[name]
            table = table.outer
        return None

    def all(self) -> Iterator[str]:
        table: _Names | None = self
        while table is not None:
            yield from table.here
            table = table.outer


def check_names(tree: ast.File, environment: Environment, sink: Sink) -> None:
    """Reports names and arguments that cannot be right, whatever a call would bind."""
    _Checker(environment, sink).file(tree)


@dataclass
class _Checker:
    environment: Environment
    sink: Sink
    in_network: bool = False
    unknown: int = 0

    # -------------------------------------------------------------- definitions

    def file(self, tree: ast.File) -> None:
        defined: dict[str, Span] = {}
        for name in _defined(tree):
            if is_taken(name.id):
                self._shadows(name, None)
            elif name.id in defined:
                self.sink.add(say.defined_twice(name.id, defined[name.id]).at(name.span))
            defined.setdefault(name.id, name.span)
        names = _Names(None, defined)
        for definition in tree.definitions:
            self._definition(definition, names)

    def _definition(self, definition: ast.Definition, names: _Names) -> None:
        if isinstance(definition, (ast.Block, ast.Network)):
            self.in_network = isinstance(definition, ast.Network)
            self._callable(definition, names)
        elif isinstance(definition, (ast.Let, ast.Variant)):
            self._expression(definition.value, names)
        elif isinstance(definition, ast.Default):
            self._default(definition, names)
        if isinstance(definition, (ast.Network, ast.Variant)):
            self._python_name(definition.name, "a network")
        elif isinstance(definition, ast.Block):
            self._python_name(definition.name, "a block")

    def _python_name(self, name: ast.Name, what: str) -> None:
        """Networks, blocks and parameters have their names in generated Python too."""
        if keyword.iskeyword(name.id):
            why = "it is a keyword of Python"
        elif name.id in TAKEN_IN_PYTHON:
            why = "generated files need this name"
        else:
            return
        self.sink.add(say.reserved_name(name.id, why, what).at(name.span))

    def _shadows(self, name: ast.Name, where: Span | None) -> None:
        what = "something else"
        if where is None:
            what = "an op" if name.id in OPS else "a function"
        self.sink.add(say.shadows(name.id, what, where).at(name.span))

    def _callable(self, definition: ast.Block | ast.Network, names: _Names) -> None:
        inner = _Names(names)
        used = _names_used(definition)
        for parameter in definition.parameters:
            name = parameter.name
            if parameter.default is not None:
                self._expression(parameter.default, inner)
            if name.id in inner.here:
                self.sink.add(say.defined_twice(name.id, inner.here[name.id]).at(name.span))
                continue
            self._python_name(name, "a parameter")
            self._introduce(name, inner)
        before = self.unknown
        self._body(definition.body, inner)
        if self.unknown > before:
            return  # an unknown name may be a parameter's, misspelt
        for parameter in definition.parameters:
            if parameter.name.id not in used:
                problem = say.unused_parameter(definition.name.id, parameter.name.id)
                self.sink.add(problem.at(parameter.name.span))

    def _introduce(self, name: ast.Name, names: _Names) -> None:
        where = names.find(name.id)
        if is_taken(name.id):
            self._shadows(name, None)
        elif where is not None and where != name.span:
            self._shadows(name, where)
        names.here.setdefault(name.id, name.span)

    # -------------------------------------------------------------- bodies

    def _body(self, body: ast.Body, names: _Names) -> None:
        for item in body.items:
            self._item(item, names)

    def _item(self, item: ast.Item | ast.Group, names: _Names) -> None:
        if isinstance(item, ast.Let):
            self._expression(item.value, names)
            self._introduce(item.name, names)
        elif isinstance(item, ast.Default):
            self._default(item, names)
        elif isinstance(item, (ast.Input, ast.Output, ast.Expect)):
            self._statement(item, names)
        elif isinstance(item, ast.Invoke):
            self._invoke(item, names)
        elif isinstance(item, ast.Labelled):
            self._label(item.label, names)
            self._item(item.item, names)
        elif isinstance(item, ast.Group):
            self._body(item.body, _Names(names))
        elif isinstance(item, ast.Skip):
            if item.shortcut is not None:
                self._item(item.shortcut, names)
            self._body(item.body, _Names(names))
        elif isinstance(item, ast.Repeat):
            self._repeat(item, names)
        elif isinstance(item, ast.Aux):
            self._arguments(item.arguments, names)
            self._body(item.body, _Names(names))
        elif isinstance(item, ast.If):
            self._if(item, names)
        elif isinstance(item, ast.Reference):
            self._expression(item, names)

    def _label(self, label: ast.Template, names: _Names) -> None:
        for part in label.parts:
            if not isinstance(part, str):
                self._expression(part, names)
        if all(isinstance(part, str) for part in label.parts):
            text = "".join(str(part) for part in label.parts)
            why = why_reserved(text)
            if why:
                self.sink.add(say.reserved_name(text, why).at(label.span))

    def _statement(self, item: ast.Input | ast.Output | ast.Expect, names: _Names) -> None:
        if not self.in_network:
            word = type(item).__name__.lower()
            problem = say.misplaced(f"`{word}`", "in a block", "it belongs into a network")
            self.sink.add(problem.at(item.span))
        if isinstance(item, ast.Input):
            self._expression(item.size, names)
            why = why_reserved(item.name.id) if item.name else None
            if item.name and why:
                problem = say.reserved_name(item.name.id, why, "an input")
                self.sink.add(problem.at(item.name.span))
        elif isinstance(item, ast.Output):
            for value in item.values:
                self._expression(value, names)

    def _repeat(self, item: ast.Repeat, names: _Names) -> None:
        self._expression(item.source, names)
        inner = _Names(names)
        for name in (item.index, item.value):
            if name is not None:
                self._introduce(name, inner)
        self._body(item.body, inner)

    def _if(self, item: ast.If, names: _Names) -> None:
        self._expression(item.condition, names)
        self._body(item.then, _Names(names))
        if isinstance(item.otherwise, ast.If):
            self._if(item.otherwise, names)
        elif item.otherwise is not None:
            self._body(item.otherwise, _Names(names))

    def _invoke(self, item: ast.Invoke, names: _Names) -> None:
        if isinstance(item.callee, ast.Name):
            self._call(item.callee, item.arguments, item.span, names, partial=False)
        else:
            self._expression(item.callee, names)
            self._arguments(item.arguments, names)
        for branch in item.branches:
            self._body(branch, _Names(names))

    def _default(self, item: ast.Default, names: _Names) -> None:
        self._call(item.op, item.arguments, item.span, names, partial=True)
        op = item.op.id
        if op in OPS:
            given = match_quietly(list(attributes(OPS[op])), item.arguments)
            names.defaults[op] = names.defaults.get(op, frozenset()) | given

    # -------------------------------------------------------------- calls and expressions

    def _call(
        self,
        callee: ast.Name,
        arguments: tuple[ast.Argument, ...],
        span: Span,
        names: _Names,
        partial: bool,
    ) -> None:
        value = self._value(callee, names)
        if isinstance(value, OpValue):
            self._op_call(value, arguments, span, names, partial)
        elif isinstance(value, BlockValue) and not value.bound:
            parameters = value.definition.parameters
            needed = [p.name.id for p in parameters if p.default is None]
            self._match(
                callee.id,
                [p.name.id for p in parameters],
                () if partial else needed,
                arguments,
                span,
                value.definition.name.span,
            )
            self._arguments(arguments, names)
        elif value is UNKNOWN or value is POISON:
            for argument in arguments:
                value = argument.value
                if not (isinstance(value, ast.Name) and value.id in BARE_WORDS):
                    self._expression(value, names)
        else:
            self._arguments(arguments, names)

    def _op_call(
        self,
        value: OpValue,
        arguments: tuple[ast.Argument, ...],
        span: Span,
        names: _Names,
        partial: bool,
    ) -> None:
        word = value.op.word
        defaulted = names.defaulted(word)
        needed = [] if partial else [n for n in required(value.op) if n not in defaulted]
        known = attributes(value.op)
        matched = self._match(word, list(known), needed, arguments, span, None)
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
                self._arguments(call.arguments, names)
                continue
            self._expression(argument.value, names)

    def _match(
        self,
        callee: str,
        known: list[str],
        needed: Iterable[str],
        arguments: tuple[ast.Argument, ...],
        span: Span,
        where: Span | None,
    ) -> dict[str, ast.Argument]:
        try:
            matched = match(callee, known, arguments, {})
        except Rejected as rejected:
            self.sink.add(rejected.diagnostic)
            return {}
        missing = [name for name in needed if name not in matched]
        if missing:
            self.sink.add(say.missing_argument(callee, missing, where).at(span))
        return matched

    def _arguments(self, arguments: tuple[ast.Argument, ...], names: _Names) -> None:
        for argument in arguments:
            self._expression(argument.value, names)

    def _expression(self, expression: ast.Expr, names: _Names) -> None:
        if isinstance(expression, ast.Call) and isinstance(expression.callee, ast.Name):
            if expression.callee.id in FUNCTIONS:
                self._arguments(expression.arguments, names)
            else:
                callee, arguments = expression.callee, expression.arguments
                self._call(callee, arguments, expression.span, names, partial=True)
        elif isinstance(expression, ast.Name):
            self._value(expression, names)
        elif isinstance(expression, ast.Reference):
            for template in expression.path:
                for part in template.parts:
                    if not isinstance(part, str):
                        self._expression(part, names)
        else:
            for child in _children(expression):
                self._expression(child, names)

    def _value(self, name: ast.Name, names: _Names, words: Iterable[str] = ()) -> Any:
        """What a name stands for, as far as the text alone can tell; reports unknown ones."""
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
            known = [*words, *names.all(), *self.environment.known()]
            self.sink.add(say.unknown_name(name.id, known).at(name.span))
            self.unknown += 1
            return UNKNOWN


def unusable(tree: ast.File) -> set[str]:
    """Names that are reported where they are defined: twice, or as words of the language."""
    found = Counter(name.id for name in _defined(tree))
    return {name for name, count in found.items() if count > 1 or is_taken(name)}


def defined_names(tree: ast.File) -> set[str]:
    """The names that a file defines or imports."""
    return {name.id for name in _defined(tree)}


def match_quietly(names: list[str], arguments: tuple[ast.Argument, ...]) -> frozenset[str]:
    """The names that arguments set; none when the arguments are wrong."""
    try:
        return frozenset(match("", names, arguments, {}))
    except Rejected:
        return frozenset()


def _defined(tree: ast.File) -> Iterator[ast.Name]:
    for definition in tree.definitions:
        if isinstance(definition, ast.Import):
            yield from definition.names
        elif isinstance(definition, (ast.Let, ast.Block, ast.Network, ast.Variant)):
            yield definition.name


def _names_used(definition: ast.Block | ast.Network) -> set[str]:
    """The names that a body or a parameter's default reads, `@references` included."""
    found = set()
    for part in (definition.body, *(parameter.default for parameter in definition.parameters)):
        for node in (part, *walk(part)):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Reference):
                found.update(word for word in node.path[0].parts if isinstance(word, str))
    return found


def _children(node: Any) -> Iterator[Any]:
    """The syntax nodes directly inside one."""
    for name in node.__match_args__:
        yield from _nodes_in(getattr(node, name))


def _nodes_in(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple) and not isinstance(value, Span):
        for part in value:
            yield from _nodes_in(part)
    elif is_dataclass(value):
        yield value


def walk(node: Any) -> Iterator[Any]:
    """A syntax node and all inside it."""
    stack = list(_nodes_in(node))
    while stack:
        current = stack.pop()
        yield current
        stack += _children(current)
