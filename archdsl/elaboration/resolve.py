"""Names checked without running anything: also in blocks that nothing calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from archdsl.diagnostics import Rejected, Sink, Span
from archdsl.diagnostics import names as say
from archdsl.elaboration.arguments import attributes, match, required
from archdsl.elaboration.environment import POISON, BlockValue, Environment, OpValue
from archdsl.elaboration.expressions import FUNCTIONS
from archdsl.elaboration.naming import why_reserved
from archdsl.ops import OPS
from archdsl.ops.values import Kind
from archdsl.syntax import ast

TAKEN_IN_PYTHON = frozenset(
    "torch nn F Tensor OrderedDict NamedTuple None True False super self int float bool tuple "
    "range isinstance annotations".split()
)
UNKNOWN = object()  # a name whose value only a call knows


@dataclass
class _Names:
    """Local names with their places; inner tables see the outer ones."""

    outer: _Names | None = None
    here: dict[str, Span] = field(default_factory=dict)

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
    defaulted: set[str] = field(default_factory=set)

    # -------------------------------------------------------------- definitions

    def file(self, tree: ast.File) -> None:
        defined: dict[str, Span] = {}
        for definition in tree.definitions:
            for name in _defines(definition):
                if name.id in OPS or name.id in FUNCTIONS:
                    what = "an op" if name.id in OPS else "a function"
                    self.sink.add(say.shadows(name.id, what, None).at(name.span))
                elif name.id in defined:
                    self.sink.add(say.defined_twice(name.id, defined[name.id]).at(name.span))
                defined.setdefault(name.id, name.span)
        for definition in tree.definitions:
            self._definition(definition, _Names(None, defined))

    def _definition(self, definition: ast.Definition, names: _Names) -> None:
        if isinstance(definition, (ast.Block, ast.Network)):
            self.in_network = isinstance(definition, ast.Network)
            self._callable(definition, names)
        elif isinstance(definition, (ast.Let, ast.Variant)):
            self._expression(definition.value, names)
        elif isinstance(definition, ast.Default):
            self._default(definition, names)
        if isinstance(definition, (ast.Network, ast.Variant)):
            self._network_name(definition.name)

    def _network_name(self, name: ast.Name) -> None:
        why = "it is a keyword of Python" if why_reserved(name.id) and not hasattr(
            _Names, name.id) and name.id not in ("train", "eval") else None
        if name.id in TAKEN_IN_PYTHON:
            why = "the generated file needs this name"
        if why:
            self.sink.add(say.reserved_label(name.id, why).at(name.span))

    def _callable(self, definition: ast.Block | ast.Network, names: _Names) -> None:
        inner = _Names(names)
        for parameter in definition.parameters:
            if parameter.name.id in inner.here:
                problem = say.defined_twice(parameter.name.id, inner.here[parameter.name.id])
                self.sink.add(problem.at(parameter.name.span))
            if parameter.default is not None:
                self._expression(parameter.default, inner)
            self._introduce(parameter.name, inner)
        used = {node.id for node in walk(definition.body) if isinstance(node, ast.Name)}
        used |= {
            word
            for node in walk(definition.body)
            if isinstance(node, ast.Reference)
            for word in node.path[0].parts
            if isinstance(word, str)
        }
        used |= {
            node.id
            for parameter in definition.parameters
            for node in walk(parameter.default)
            if isinstance(node, ast.Name)
        }
        for parameter in definition.parameters:
            if parameter.name.id not in used:
                problem = say.unused_parameter(definition.name.id, parameter.name.id)
                self.sink.add(problem.at(parameter.name.span))
        self._body(definition.body, inner)

    def _introduce(self, name: ast.Name, names: _Names) -> None:
        if name.id in OPS or name.id in FUNCTIONS:
            what = "an op" if name.id in OPS else "a function"
            self.sink.add(say.shadows(name.id, what, None).at(name.span))
        elif names.outer is not None and (where := names.outer.find(name.id)):
            self.sink.add(say.shadows(name.id, "something else", where).at(name.span))
        elif name.id in names.here and names.here[name.id] != name.span:
            where = names.here[name.id]
            self.sink.add(say.shadows(name.id, "something else", where).at(name.span))
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
                self.sink.add(say.reserved_label(text, why).at(label.span))

    def _statement(self, item: ast.Input | ast.Output | ast.Expect, names: _Names) -> None:
        if not self.in_network:
            word = type(item).__name__.lower()
            problem = say.misplaced(f"`{word}`", "in a block", "it belongs into a network")
            self.sink.add(problem.at(item.span))
        if isinstance(item, ast.Input):
            self._expression(item.size, names)
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
        self.defaulted.add(item.op.id)
        self._call(item.op, item.arguments, item.span, names, partial=True)

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
            self._match(callee.id, [p.name.id for p in parameters],
                        () if partial else needed, arguments, span, value.definition.name.span)
            self._arguments(arguments, names)
        elif value is UNKNOWN or value is POISON:
            for argument in arguments:
                if not isinstance(argument.value, ast.Name):
                    self._expression(argument.value, names)
        else:
            self._arguments(arguments, names)

    def _op_call(self, value: OpValue, arguments: tuple[ast.Argument, ...], span: Span,
                 names: _Names, partial: bool) -> None:
        word = value.op.word
        needed = () if partial or word in self.defaulted else required(value.op)
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
            if isinstance(call, ast.Call) and isinstance(call.callee, ast.Name) and (
                call.callee.id in kind.functions
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
            return UNKNOWN


def _defines(definition: ast.Definition) -> tuple[ast.Name, ...]:
    if isinstance(definition, ast.Import):
        return definition.names
    if isinstance(definition, (ast.Let, ast.Block, ast.Network, ast.Variant)):
        return (definition.name,)
    return ()


def _children(node: Any) -> Iterator[Any]:
    """The syntax nodes directly inside one."""
    for f in fields(node):
        yield from _nodes_in(getattr(node, f.name))


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
