"""The formatter: gaps and indentation are its own, line breaks the author's.

It works on tokens, so it keeps comments and never changes what a file means. The caller checks
that a file parses before it is formatted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from archdsl.syntax.alignment import align_comments, align_numbers
from archdsl.syntax.line_ends import CLOSING, OPENING
from archdsl.syntax.tables import Tables
from archdsl.syntax.tokens import Token, read_tokens

STEP = 4
BRANCH = 2  # more for what follows the first item after a bar
INNER = re.compile(r"\{([^{}]*)\}")
# After these an operator is binary, and a brace begins a body.
_OPERANDS = "NAME INTEGER FLOAT SIZE STRING TRUE FALSE REFERENCE RPAR RSQB RBRACE"
OPERANDS = frozenset(_OPERANDS.split())
_BODY_AFTER = "COLON SKIP SPLIT AUX ON_DEVICES DENSE REPEAT"
BODY_AFTER = OPERANDS | frozenset(_BODY_AFTER.split())
CALLED = frozenset(["NAME", "RPAR", "RSQB", "AUX"])  # a bracket after these belongs to them
DEFINES = frozenset(["BLOCK", "NETWORK", "LET"])
TIGHT = frozenset(["COMMA", "COLON", "DOT", "RPAR", "RSQB"])  # no blank before these


@dataclass
class Bracket:
    """An open bracket: what it holds, and the indentation of the line that opened it.

    `holds` is "items", "branches", "pairs", "parameters" or "values".
    """

    holds: str
    indent: int


@dataclass
class Line:
    """A line of a file: its tokens, the blanks before each, and its comment."""

    tokens: list[Token] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    comment: Token | None = None
    comment_gap: str = "  "
    indent: int = 0
    texts: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The text of the line with its indentation, without its comment."""
        words = "".join(gap + text for gap, text in zip(self.gaps, self.texts, strict=True))
        return " " * self.indent + words if words else ""

    def __str__(self) -> str:
        if self.comment is None:
            return self.code
        comment = self.comment.rstrip()
        return (
            self.code + self.comment_gap + comment if self.tokens else " " * self.indent + comment
        )


def format_text(text: str, tables: Tables) -> str:
    """Return the text of a file in the standard format. Linear in the text.

    Raise `StrangeText` where no token begins.
    """
    lines = _lines(text, tables)
    layout = _Layout(tables)
    for line in lines:
        layout.lay_out(line)
    for below, line in pairwise(reversed(lines)):
        ends = bool(below.tokens) and below.tokens[0].kind in CLOSING
        if not line.tokens and (below.tokens or below.comment) and not ends:
            line.indent = below.indent
    align_numbers(lines)
    align_comments(lines)
    return _joined(lines)


def _lines(text: str, tables: Tables) -> list[Line]:
    """The tokens of each line, comments apart."""
    lines = [Line()]
    for token in read_tokens(text, 0, tables, comments=True):
        if token.kind == "_NL":
            lines += [Line() for _ in range(token.count("\n"))]
        elif token.kind == "COMMENT":
            lines[-1].comment = token
        else:
            lines[-1].tokens.append(token)
    return lines


@dataclass
class _Layout:
    """The open brackets and the last kinds of token while lines are laid out in order."""

    tables: Tables
    brackets: list[Bracket] = field(default_factory=list)
    kinds: list[str] = field(default_factory=lambda: ["", ""])
    prefix: bool = False  # the last token is a sign or a slash before its operand

    def lay_out(self, line: Line) -> None:
        """Set a line's indentation and gaps."""
        line.indent = self._indent([token.kind for token in line.tokens])
        for position, token in enumerate(line.tokens):
            gap = self._gap(token.kind)
            line.gaps.append(gap if position else "")
            line.texts.append(self._text(token))
            self._follow(token.kind, line.indent)

    @property
    def _around(self) -> str:
        return self.brackets[-1].holds if self.brackets else "items"

    def _indent(self, kinds: Sequence[str]) -> int:
        """The indentation of a line: what closes a bracket is under the line that opened it."""
        closed = next((n for n, kind in enumerate(kinds) if kind not in CLOSING), len(kinds))
        if 0 < closed <= len(self.brackets):
            return self.brackets[-closed].indent
        if not self.brackets:
            return 0
        indent = self.brackets[-1].indent + STEP
        first = kinds[0] if kinds else ""
        if self._around == "branches":
            return indent if first == "VBAR" else indent + BRANCH
        continued = first == "ARROW" or self.kinds[-1] == "ARROW"
        return indent + STEP if continued and self._around == "items" else indent

    def _gap(self, kind: str) -> str:
        """The blanks between the last token and one of a kind, on one line."""
        around, left = self._around, self.kinds[-1]
        if kind in TIGHT or left in ("LPAR", "LSQB", "DOT") or self.prefix:
            return ""
        if left == "LBRACE" and (kind == "RBRACE" or around == "pairs"):
            return ""
        if kind == "RBRACE" and around == "pairs":
            return ""
        if "EQUAL" in (kind, left):
            return "" if around == "values" else " "
        if kind in ("LPAR", "LSQB"):
            return "" if left in CALLED else " "
        return " "

    def _follow(self, kind: str, indent: int) -> None:
        """Go on behind a token."""
        if kind in OPENING:
            self.brackets.append(Bracket(self._holds(kind), indent))
        elif kind in CLOSING and self.brackets:
            if self.brackets.pop().holds == "pairs":
                kind = "RSQB"  # the end of a value, which may have an index
        elif kind == "VBAR" and self.brackets:
            self.brackets[-1].holds = "branches"
        self.prefix = kind in ("MINUS", "SLASH") and self.kinds[-1] not in OPERANDS
        self.kinds = [self.kinds[-1], kind]

    def _holds(self, kind: str) -> str:
        """The contents of a bracket that opens here."""
        before, left = self.kinds
        if kind == "LPAR":
            return "parameters" if before in DEFINES and left == "NAME" else "values"
        if kind == "LSQB" or self._around in ("values", "pairs", "parameters"):
            return "pairs" if kind == "LBRACE" else "values"
        begins_body = left in BODY_AFTER or left == "" or (left == "ELSE" and before == "RBRACE")
        return "items" if begins_body else "pairs"

    def _text(self, token: Token) -> str:
        """The text of a token; expressions in labels and references are formatted, too."""
        if token.kind == "ON_DEVICES":
            return "on devices"
        if token.kind in ("LABEL", "REFERENCE"):
            return INNER.sub(lambda found: f"{{{self._expression(found[1])}}}", token)
        return str(token)

    def _expression(self, text: str) -> str:
        line = Line(list(read_tokens(text, 0, self.tables)))
        _Layout(self.tables, [Bracket("values", 0)]).lay_out(line)
        return line.code.strip()


def _joined(lines: Iterable[Line]) -> str:
    """The text of lines, with at most one blank line in a row."""
    kept: list[str] = []
    for line in map(str, lines):
        if line or (kept and kept[-1]):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{line}\n" for line in kept)
