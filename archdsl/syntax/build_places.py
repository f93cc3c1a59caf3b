"""Places of what the parser builds, and labels, whose text holds expressions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from archdsl.diagnostics import Source, Span
from archdsl.records import record
from archdsl.syntax import ast
from archdsl.syntax.tokens import Token

TEMPLATE_PART = re.compile(r"\{([^{}\n]*)\}")


class Many:
    """Several nodes that a rule passes to its parent."""

    __slots__ = ("items", "kind", "span")

    def __init__(self, span: Span, items: tuple[Any, ...], kind: str = "") -> None:
        self.span, self.items, self.kind = span, items, kind


def nodes(children: list[Any]) -> list[Any]:
    """The children that are not tokens."""
    return [child for child in children if type(child) is not Token]


def start_of(child: Any) -> int:
    """The offset at which a token or node begins."""
    start: int = child.start if type(child) is Token else child.span.start
    return start


@record
class Places:
    """The source that a run of the parser reads, and how it parses expressions inside labels."""

    source: Source
    parse_inner: Callable[[Source, int, str], ast.Expr]

    def span(self, children: list[Any]) -> Span:
        """The place of a rule from those of its children."""
        last = children[-1]
        end = last.start + len(last) if type(last) is Token else last.span.end
        return Span(self.source, start_of(children[0]), end)

    def name(self, token: Token) -> ast.Name:
        """A name that is one token."""
        return ast.Name(token.span(self.source), str(token))

    def template(self, text: str, start: int) -> ast.Template:
        """The text of a label, which starts at an offset of the source."""
        origin = start
        parts: list[str | ast.Expr] = []
        for i, part in enumerate(TEMPLATE_PART.split(text)):
            if i % 2 == 0:
                parts += [part] if part else []
                offset = origin + len(part)
            else:
                parts.append(self.parse_inner(self.source, offset + 1, part))
                origin = offset + len(part) + 2
        return ast.Template(Span(self.source, start, start + len(text)), tuple(parts))
