"""Labels used twice, as far as the text alone can tell: also in blocks that nothing calls.

Labels with `{expressions}` and those of inline blocks are known when the block is called, and
checked then.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from archdsl.diagnostics import Sink, Span
from archdsl.diagnostics import names as say
from archdsl.syntax import ast


def check_labels(tree: ast.File, sink: Sink) -> None:
    """Reports plain labels that meet another of the same name in one scope."""
    for definition in tree.definitions:
        if isinstance(definition, (ast.Block, ast.Network)):
            _Scope(definition.name.id, sink).body(definition.body)


@dataclass
class _Scope:
    """One level of names; `seen` holds where each was used first."""

    title: str
    sink: Sink
    seen: dict[str, Span] = field(default_factory=dict)

    def body(self, body: ast.Body) -> None:
        for item in body.items:
            self._item(item)

    def _item(self, item: ast.Item | ast.Group) -> None:
        if isinstance(item, ast.Labelled):
            self._label(item)
        elif isinstance(item, ast.Invoke):
            for branch in item.branches:
                self.body(branch)
        elif isinstance(item, ast.Split):
            for part in item.bodies:
                self.body(part)
        elif isinstance(item, ast.Skip):
            self.body(item.body)
            if item.shortcut is not None:
                self._item(item.shortcut)
        elif isinstance(item, (ast.Repeat, ast.Group)):
            self.body(item.body)
        elif isinstance(item, ast.If):
            self._if(item)

    def _label(self, item: ast.Labelled) -> None:
        parts = item.label.parts
        name = "".join(part for part in parts if isinstance(part, str))
        if all(isinstance(part, str) for part in parts):
            if name in self.seen:
                problem = say.label_twice(name, f"`{self.title}`", self.seen[name], repeated=False)
                self.sink.add(problem.at(item.label.span))
            self.seen.setdefault(name, item.span)
        _Scope(name, self.sink)._item(item.item)

    def _if(self, item: ast.If) -> None:
        """Only one of the ways is taken, so they may use the same labels."""
        before, after = dict(self.seen), dict(self.seen)
        way: ast.Body | ast.If | None = item
        while way is not None:
            self.seen = dict(before)
            self.body(way.then if isinstance(way, ast.If) else way)
            after = {**self.seen, **after}
            way = way.otherwise if isinstance(way, ast.If) else None
        self.seen = after
