"""A filter between Lark's lexer and parser that keeps only line ends that mean "then"."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token

from archdsl.diagnostics import Diagnostic, Rejected, syntax_errors
from archdsl.syntax.excerpt import current

OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING = frozenset(OPENING.values())
NO_LINE_END_AFTER = frozenset({"LBRACE", "VBAR", "COMMA", "ARROW"})
NO_LINE_END_BEFORE = frozenset({"RBRACE", "VBAR", "ARROW", "ELSE"})
_OPERATORS = "PLUS MINUS STAR SLASH FLOOR PERCENT POWER COMPARE OR AND NOT IF ELSE DOT"
OPERATORS = frozenset(_OPERATORS.split())
SEPARATORS = frozenset({"_NL", "COMMA", "ARROW", "VBAR"})
DEEPEST = 100
MOST_OPERATORS = 1000
MOST_WORDS = 800_000


class LineEnds:
    """A post-lexer for Lark that drops insignificant line ends and checks that brackets match."""

    always_accept: tuple[str, ...] = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        brackets: list[Token] = []
        around: list[int] = []  # operators counted before each open bracket
        operators = 0
        pending: Token | None = None
        last = "LBRACE"  # nothing to separate before the first definition
        for number, token in enumerate(stream):
            if number == MOST_WORDS:
                raise self._rejected(syntax_errors.too_many_words(MOST_WORDS), token)
            kind = token.type
            if kind in OPERATORS:
                operators += 1
            elif kind in SEPARATORS:
                operators = around[-1] if around else 0
            if operators > MOST_OPERATORS:
                raise self._rejected(syntax_errors.too_many_operators(MOST_OPERATORS), token)
            if kind == "_NL":
                if last not in NO_LINE_END_AFTER and not _in_round_or_square(brackets):
                    pending = token
                continue
            if pending is not None:
                if kind not in NO_LINE_END_BEFORE:
                    yield pending
                pending = None
            if kind in OPENING:
                brackets.append(token)
                around.append(operators)
                if len(brackets) > DEEPEST:
                    raise self._rejected(syntax_errors.nested_too_deep(DEEPEST), token)
            elif kind in CLOSING:
                self._close(brackets, token)
                operators = around.pop() + 1  # f(1)(2)(3) nests as 1 + 2 + 3 does
            yield token
            last = kind
        if brackets:
            raise self._rejected(syntax_errors.never_closed(str(brackets[-1])), brackets[-1])

    def _close(self, brackets: list[Token], token: Token) -> None:
        if not brackets:
            raise self._rejected(syntax_errors.never_opened(str(token)), token)
        opened = brackets.pop()
        if OPENING[opened.type] != token.type:
            where = current().span(opened)
            raise self._rejected(syntax_errors.mismatched(str(opened), str(token), where), token)

    def _rejected(self, diagnostic: Diagnostic, token: Token) -> Rejected:
        return Rejected(diagnostic.at(current().span(token)))


def _in_round_or_square(brackets: list[Token]) -> bool:
    return bool(brackets) and brackets[-1].type != "LBRACE"
