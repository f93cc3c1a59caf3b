"""Labels and references as far as the text alone can tell: also in blocks that nothing calls.

What depends on a call is checked when the block is called: labels with `{expressions}`, those of
inline blocks, and labels of an earlier iteration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from archdsl.diagnostics import Sink, Span, argument_errors, expectation_errors, label_errors
from archdsl.elaboration.environment import BlockValue, Environment, OpValue
from archdsl.syntax import ast
from archdsl.syntax.walk import children, walk

LAYERS = (ast.Invoke, ast.Labelled, ast.Skip, ast.Repeat, ast.Split, ast.Aux, ast.If)
BODIES = frozenset([ast.Body, ast.Group, *LAYERS])
ITEMS = BODIES | {ast.Let}


def check_labels(tree: ast.File, environment: Environment, sink: Sink) -> None:
    """Report plain labels used twice in a scope, and references to unknown labels."""
    for definition in tree.definitions:
        if isinstance(definition, (ast.Block, ast.Network)):
            checker = _Checker(environment, sink, _names_inside(definition))
            checker.defaults(definition.parameters)
            checker.body(definition.body, _Level(definition.name.id))


@dataclass
class _Level:
    """One level of names: its labels with their places, by how much is known of them."""

    title: str
    outer: _Level | None = None
    seen: dict[str, Span] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)  # their items are being read
    patterns: list[re.Pattern[str]] = field(default_factory=list)  # of labels with expressions
    possible: set[str] = field(default_factory=set)  # of an earlier iteration
    inside: dict[str, _Level] = field(default_factory=dict)  # the levels of its labelled items
    unknown: bool = False  # a call may have added labels

    def around(self) -> Iterator[_Level]:
        """Yield this level and those around it, from the inside out."""
        level: _Level | None = self
        while level is not None:
            yield level
            level = level.outer

    def may_have(self, name: str) -> bool:
        """Whether a call could make a label of this name."""
        computed = any(pattern.fullmatch(name) for pattern in self.patterns)
        return computed or self.unknown or name in self.possible


@dataclass
class _Checker:
    """The labels of one definition; `values` are the names that may hold a value of the graph."""

    environment: Environment
    sink: Sink
    values: frozenset[str]
    repeated: int = 0  # the repeats around

    def defaults(self, parameters: tuple[ast.Parameter, ...]) -> None:
        """Report references in defaults: a default has no labels above it, whoever calls."""
        for node in walk(parameters):
            if isinstance(node, ast.Reference):
                self.sink.add(argument_errors.reference_in_default(node.span.text).at(node.span))

    def body(self, body: ast.Body, level: _Level) -> None:
        for item in body.items:
            self._item(item, level)

    def _item(self, item: ast.Item | ast.Group, level: _Level) -> None:
        self._expressions(item, level)
        match item:
            case ast.Labelled():
                self._label(item, level)
            case ast.Input():
                if item.name is not None:
                    level.seen.setdefault(item.name.id, item.span)
            case ast.Invoke():
                level.unknown |= self._may_add_labels(item)
                for branch in item.branches:
                    self.body(branch, level)
            case ast.Split():
                self._iterations(item.bodies, level)
            case ast.Repeat():
                self._iterations((item.body,), level)
            case ast.Skip():
                self.body(item.body, level)
                if item.shortcut is not None:
                    self._item(item.shortcut, level)
            case ast.Group():
                self.body(item.body, level)
            case ast.Aux():
                self.body(item.body, _Level("aux", level))
            case ast.If():
                self._if(item, level)
            case ast.Let() | ast.Default() | ast.Expect() | ast.Output() | ast.Reference():
                pass  # expressions only
            case _:
                assert_never(item)

    def _label(self, item: ast.Labelled, level: _Level) -> None:
        parts = item.label.parts
        name = "".join(part for part in parts if isinstance(part, str))
        if all(isinstance(part, str) for part in parts):
            if name in level.seen:
                problem = label_errors.label_twice(
                    name, f"`{level.title}`", level.seen[name], repeated=False
                )
                self.sink.add(problem.at(item.label.span))
            level.seen.setdefault(name, item.span)
            level.incomplete.add(name)
            inside = _Level(name, level)
            self._item(item.item, inside)
            inside.unknown |= name in level.inside or not self._shows_its_labels(item.item)
            level.inside[name] = inside
            level.incomplete.discard(name)
        else:
            self._item(item.item, _Level(name, level))
            words = [re.escape(part) if isinstance(part, str) else r"\w+" for part in parts]
            level.patterns.append(re.compile("".join(words)))

    def _iterations(self, bodies: tuple[ast.Body, ...], level: _Level) -> None:
        if not self.repeated:  # once for all that are nested in it
            labels = (node.label for node in walk(bodies) if isinstance(node, ast.Labelled))
            level.possible |= {str(label.parts[0]) for label in labels if len(label.parts) == 1}
        self.repeated += 1
        for body in bodies:
            self.body(body, level)
        self.repeated -= 1

    def _if(self, item: ast.If, level: _Level) -> None:
        """Only one of its bodies is chosen, so they may use the same labels."""
        before, added = len(level.seen), dict[str, Span]()
        chosen: ast.Body | ast.If | None = item
        while chosen is not None:
            if isinstance(chosen, ast.If):
                self._references(chosen.condition, level)
            self.body(chosen.then if isinstance(chosen, ast.If) else chosen, level)
            while len(level.seen) > before:  # the last ones are those of this body
                label, place = level.seen.popitem()
                added.setdefault(label, place)
            chosen = chosen.otherwise if isinstance(chosen, ast.If) else None
        level.seen |= added

    def _may_add_labels(self, item: ast.Invoke) -> bool:
        """Whether what is called may be an inline block, whose labels are those of the caller."""
        callee = self._callee(item)
        closed = isinstance(callee, BlockValue) and not callee.definition.inline
        return not closed and not isinstance(callee, OpValue)

    def _shows_its_labels(self, item: ast.Layer | ast.Group) -> bool:
        """Whether the text of a labelled item holds all labels that a reference finds in it."""
        match item:
            case ast.Invoke():
                return isinstance(self._callee(item), OpValue)
            case ast.Group() | ast.Skip() | ast.If():
                return True
            case ast.Labelled() | ast.Repeat() | ast.Split() | ast.Aux() | ast.Reference():
                return False
            case _:
                assert_never(item)

    def _callee(self, item: ast.Invoke) -> object:
        """The callee of an item; None where only a call of the definition decides it."""
        if not isinstance(item.callee, ast.Name) or item.callee.id in self.values:
            return None
        try:
            return self.environment.get(item.callee.id)
        except KeyError:
            return None

    # -------------------------------------------------------------- references

    def _expressions(self, item: ast.Item | ast.Group, level: _Level) -> None:
        """The references in an item's own expressions, not in its bodies."""
        if isinstance(item, ast.Expect):
            for node in walk(item.condition):
                if isinstance(node, ast.Reference):
                    self.sink.add(
                        expectation_errors.reference_as_a_fact(node.span.text).at(node.span)
                    )
        elif isinstance(item, ast.Reference):
            self._references(item, level)
        elif not isinstance(item, ast.If):
            own = [child for child in children(item) if type(child) not in BODIES]
            self._references(tuple(own), level)

    def _references(self, expression: ast.Node | tuple[ast.Node, ...], level: _Level) -> None:
        for node in walk(expression):
            if isinstance(node, ast.Reference):
                self._reference(node, level)

    def _reference(self, reference: ast.Reference, level: _Level) -> None:
        name = _plain(reference.path[0])
        if name is None or name in self.values:
            return
        text = reference.span.text.removeprefix("@")
        for around in level.around():
            if name in around.incomplete:
                self.sink.add(
                    label_errors.inside_itself(text, around.seen[name]).at(reference.span)
                )
            elif name in around.seen:
                self._inner_labels(reference, around.inside.get(name))
            if name in around.seen or around.may_have(name):
                return
        visible = [label for around in level.around() for label in around.seen]
        self.sink.add(label_errors.unknown_reference(text, visible).at(reference.span))

    def _inner_labels(self, reference: ast.Reference, level: _Level | None) -> None:
        """The labels behind the dots of a reference, from the level of the first one."""
        path = [_plain(part) for part in reference.path]
        for count, name in enumerate(path[1:], start=1):
            if level is None or name is None or (name not in level.seen and level.may_have(name)):
                return
            if name not in level.seen:
                before = ".".join(part for part in path[:count] if part)
                inside = [f"{before}.{label}" for label in level.seen]
                text = reference.span.text.removeprefix("@")
                problem = label_errors.unknown_reference(text, inside, inside=before)
                self.sink.add(problem.at(reference.span))
                return
            level = level.inside.get(name)


def _plain(template: ast.Template) -> str | None:
    """The text of a label without expressions; None for one with expressions."""
    (first, *others) = template.parts
    return first if isinstance(first, str) and not others else None


def _names_inside(definition: ast.Block | ast.Network) -> frozenset[str]:
    """The parameters, constants and repeat variables of a definition."""
    found = {parameter.name.id for parameter in definition.parameters}
    stack: list[ast.Node] = [definition.body]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Let):
            found.add(node.name.id)
        elif isinstance(node, ast.Repeat):
            named = (node.header.index, *node.header.names) if node.header else ()
            found |= {name.id for name in named if name is not None}
        stack += [child for child in children(node) if type(child) in ITEMS]
    return frozenset(found)
