"""Values of labels: `@references` find them, scope by scope."""

from __future__ import annotations

from dataclasses import dataclass, field

from archdsl.diagnostics import Rejected, Reported, Span, label_errors
from archdsl.elaboration.naming import opens
from archdsl.ir import Node, Scope

CALLED = ("block", "network")  # a body sees its own labels only


@dataclass
class Label:
    """A label: its value, and the scope of its item where that has one.

    The value is None while the item is elaborated.
    """

    value: Node | Reported | None
    scope: Scope | None
    span: Span


@dataclass
class Labels:
    """The labels of one network, by the scope that they belong to."""

    _of: dict[Scope, dict[str, Label]] = field(default_factory=dict)
    _iterations: dict[Scope, int] = field(default_factory=dict)  # numbered so far

    def register(self, name: str, label: Label, scope: Scope, span: Span) -> None:
        """Add a label; raise `Rejected` where its scope has one of that name."""
        home = home_of(scope)
        labels = self._of.setdefault(home, {})
        if name in labels:
            where = home.title if home.kind in CALLED else home.label
            before = labels[name].span
            problem = label_errors.label_twice(
                name, f"`{where}`", before, before.start == label.span.start
            )
            raise Rejected(problem.at(span))
        labels[name] = label

    def number(self, scope: Scope, value: Node) -> None:
        """Let references find an iteration by its number, as in `@convs.0`."""
        around = scope.parent
        if scope.kind == "iteration" and around is not None:
            number = self._iterations.get(around, 0)
            self._iterations[around] = number + 1
            self._of.setdefault(around, {})[str(number)] = Label(value, scope, scope.span)

    def find(self, words: list[str], scope: Scope) -> Label | None:
        """Find the label of a dotted reference, seen from a scope; None where there is nothing."""
        label = self._visible(words[0], scope)
        for word in words[1:]:
            if label and label.value is None:
                return label
            inner = self._of.get(label.scope, {}) if label and label.scope else {}
            label = inner.get(word)
        return label

    def _visible(self, name: str, scope: Scope) -> Label | None:
        for around in scope.lineage():
            if name in self._of.get(around, {}):
                return self._of[around][name]
            if around.kind in CALLED:
                return None
        return None

    def inside(self, scope: Scope) -> list[str]:
        """The labels directly inside a labelled item."""
        return list(self._of.get(scope, {}))

    def seen_from(self, scope: Scope) -> list[str]:
        """All labels that a reference could name."""
        found: list[str] = []
        for around in scope.lineage():
            found += self._of.get(around, {})
            if around.kind in CALLED:
                break
        return found


def home_of(scope: Scope) -> Scope:
    """The scope whose labels an item's label joins."""
    while not opens(scope) and scope.parent is not None:
        scope = scope.parent
    return scope
