"""Names checked without running anything: also in blocks that nothing calls."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from archdsl.diagnostics import (
    Rejected,
    Reported,
    Sink,
    Span,
    argument_errors,
    name_errors,
)
from archdsl.elaboration.check_uses import Names, Uses, attributes_set
from archdsl.elaboration.environment import Environment, is_taken, shadows_language
from archdsl.elaboration.naming import why_reserved
from archdsl.elaboration.placement import check_place
from archdsl.ops import OPS
from archdsl.reserved import DEFINITIONS
from archdsl.syntax import ast
from archdsl.syntax.walk import walk


def check_names(tree: ast.File, environment: Environment, sink: Sink) -> None:
    """Report names and arguments that cannot be right, whatever a call would bind."""
    _Checker(Uses(environment, sink, labels=partial(_plain_labels, tree)), sink).file(tree)


@dataclass
class _Checker:
    """Definitions and bodies: what they introduce, and that it fits."""

    uses: Uses
    sink: Sink

    # -------------------------------------------------------------- definitions

    def file(self, tree: ast.File) -> None:
        defined: dict[str, Span] = {}
        for name in _defined(tree):
            defined.setdefault(name.id, name.span)
        names = Names(None, defined)
        for definition in tree.definitions:
            self._definition(definition, names)

    def _definition(self, definition: ast.Definition, names: Names) -> None:
        match definition:
            case ast.Block():
                self._callable(definition, names, "block")
                self._python_name(definition.name, "a block")
            case ast.Network():
                self._callable(definition, names, "network")
                self._python_name(definition.name, "a network")
            case ast.Variant():
                self.uses.expression(definition.value, names)
                self._python_name(definition.name, "a network")
            case ast.Let():
                self._let(definition, names)
            case ast.Default():
                self._default(definition, names)
            case ast.Import() | ast.Expect():
                pass  # checked where files are read, and where facts are known
            case _:
                assert_never(definition)

    def _python_name(self, name: ast.Name, what: str) -> None:
        """Networks, blocks and parameters have their names in generated Python too."""
        if keyword.iskeyword(name.id):
            why = "it is a keyword of Python"
        elif name.id in DEFINITIONS:
            why = "generated files need this name"
        else:
            return
        self.sink.add(name_errors.reserved_name(name.id, why, what).at(name.span))

    def _callable(self, definition: ast.Block | ast.Network, names: Names, kind: str) -> None:
        inner = names.inner(kind)
        with self._parameters(definition.name, definition.parameters, definition.body, inner):
            self._body(definition.body, inner)

    def _let(self, definition: ast.Let, names: Names) -> None:
        if definition.parameters is None:
            self.uses.expression(definition.value, names)
            return
        inner = names.inner()
        with self._parameters(definition.name, definition.parameters, definition.value, inner):
            self.uses.expression(definition.value, inner)

    @contextmanager
    def _parameters(
        self,
        owner: ast.Name,
        parameters: tuple[ast.Parameter, ...],
        body: ast.Body | ast.Expr,
        inner: Names,
    ) -> Iterator[None]:
        """Add parameters for a check of the body; report those that it does not read."""
        used = _names_used(parameters, body) if parameters else set()
        for parameter in parameters:
            name = parameter.name
            if parameter.default is not None:
                self.uses.expression(parameter.default, inner)
            if name.id in inner.here:
                self.sink.add(name_errors.defined_twice(name.id, inner.here[name.id]).at(name.span))
                continue
            self._python_name(name, "a parameter")
            self.uses.introduce(name, inner, parameter=True)
        before = self.uses.unknown
        yield
        if self.uses.unknown > before:
            return  # an unknown name may be a parameter's, misspelt
        for parameter in parameters:
            if parameter.name.id not in used:
                problem = argument_errors.unused_parameter(owner.id, parameter.name.id)
                self.sink.add(problem.at(parameter.name.span))

    # -------------------------------------------------------------- bodies

    def _body(self, body: ast.Body, names: Names) -> None:
        for item in body.items:
            self._item(item, names)

    def _item(self, item: ast.Item | ast.Group, names: Names) -> None:
        match item:
            case ast.Let():
                self._let(item, names)
                self.uses.introduce(item.name, names)
            case ast.Default():
                self._default(item, names)
            case ast.Input():
                self._input(item, names)
            case ast.Output():
                self._placed(item, "output", names)
                for value in item.values:
                    self.uses.expression(value, names)
            case ast.Expect():
                self._placed(item, "expect", names)
            case ast.Invoke():
                self._invoke(item, names)
            case ast.Labelled():
                self._label(item.label, names)
                several = isinstance(item.item, (ast.Repeat, ast.Split, ast.Aux))
                self._item(item.item, names if several else names.inner("group"))
            case ast.Group():
                self._body(item.body, names.inner())
            case ast.Skip():
                if item.shortcut is not None:
                    self._item(item.shortcut, names)
                if item.condition is not None:
                    self.uses.expression(item.condition, names)
                self._body(item.body, names.inner("branch"))
            case ast.Repeat():
                self._repeat(item, names)
            case ast.Split():
                self._split(item, names)
            case ast.Aux():
                self.uses.arguments(item.arguments, names)
                self._body(item.body, names.inner("aux"))
            case ast.If():
                self._if(item, names)
            case ast.Reference():
                self.uses.expression(item, names)
            case _:
                assert_never(item)

    def _label(self, label: ast.Template, names: Names) -> None:
        for part in label.parts:
            if not isinstance(part, str):
                self.uses.expression(part, names)
        if all(isinstance(part, str) for part in label.parts):
            text = "".join(str(part) for part in label.parts)
            why = why_reserved(text)
            if why:
                self.sink.add(name_errors.reserved_name(text, why).at(label.span))

    def _placed(self, item: ast.Item, word: str, names: Names) -> None:
        """Report a statement in a body where it does not belong."""
        try:
            check_place(word, names.kinds())
        except Rejected as rejected:
            self.sink.add(rejected.diagnostic.at(item.span))

    def _input(self, item: ast.Input, names: Names) -> None:
        self._placed(item, "input", names)
        self.uses.expression(item.size, names)
        why = why_reserved(item.name.id) if item.name else None
        if item.name and why:
            problem = name_errors.reserved_name(item.name.id, why, "an input")
            self.sink.add(problem.at(item.name.span))

    def _repeat(self, item: ast.Repeat, names: Names) -> None:
        self.uses.expression(item.source, names)
        inner = names.inner("dense" if item.dense else "repeat")
        if item.header is not None:
            self.uses.introduce_all(item.header, inner)
        self._body(item.body, inner)

    def _split(self, item: ast.Split, names: Names) -> None:
        if item.count is not None:
            self.uses.expression(item.count, names)
        for body in item.bodies:
            self._body(body, names.inner("split"))

    def _if(self, item: ast.If, names: Names) -> None:
        self.uses.expression(item.condition, names)
        self._body(item.then, names.inner())
        if isinstance(item.otherwise, ast.If):
            self._if(item.otherwise, names)
        elif item.otherwise is not None:
            self._body(item.otherwise, names.inner())

    def _invoke(self, item: ast.Invoke, names: Names) -> None:
        if isinstance(item.callee, ast.Name):
            self.uses.call(item.callee, item.arguments, item.span, names, partial=False)
        else:
            self.uses.expression(item.callee, names)
            self.uses.arguments(item.arguments, names)
        for branch in item.branches:
            self._body(branch, names.inner("branch"))

    def _default(self, item: ast.Default, names: Names) -> None:
        self.uses.call(item.op, item.arguments, item.span, names, partial=True)
        op = item.op.id
        if op in OPS:
            given = attributes_set(OPS[op], item.arguments)
            names.defaults[op] = names.defaults.get(op, frozenset()) | given


def check_definitions(tree: ast.File, sink: Sink) -> dict[str, Reported]:
    """Report names that are defined twice, and words of the language; all of them are unknown."""
    first: dict[str, ast.Name] = {}
    found: dict[str, Reported] = {}
    for name in _defined(tree):
        if is_taken(name.id):
            found[name.id] = sink.add(shadows_language(name))
        elif name.id in first:
            twice = name_errors.defined_twice(name.id, first[name.id].span)
            found[name.id] = sink.add(twice.at(name.span))
        first.setdefault(name.id, name)
    return found


def defined_names(tree: ast.File) -> set[str]:
    """The names that a file defines or imports."""
    return {name.id for name in _defined(tree)}


def _defined(tree: ast.File) -> Iterator[ast.Name]:
    for definition in tree.definitions:
        match definition:
            case ast.Import():
                yield from definition.names
            case ast.Let() | ast.Block() | ast.Network() | ast.Variant():
                yield definition.name
            case ast.Default() | ast.Expect():
                pass
            case _:
                assert_never(definition)


def _plain_labels(tree: ast.File) -> frozenset[str]:
    """The labels of a file that have no expressions."""
    labels = (n.label.parts for n in walk(tree.definitions) if isinstance(n, ast.Labelled))
    return frozenset("".join(map(str, parts)) for parts in labels if len(parts) == 1)


def _names_used(parameters: tuple[ast.Parameter, ...], body: ast.Body | ast.Expr) -> set[str]:
    """The names that a body or a parameter's default reads, `@references` included."""
    found = set()
    for part in (body, *(parameter.default for parameter in parameters)):
        for node in walk(part):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Reference):
                found.update(word for word in node.path[0].parts if isinstance(word, str))
    return found
