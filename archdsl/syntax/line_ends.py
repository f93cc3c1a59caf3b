"""A filter between lexer and parser that keeps only line ends that mean "then"."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.diagnostics import Diagnostic, Rejected, Source, syntax_errors
from archdsl.syntax.tokens import END, Token, token

OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING = frozenset(OPENING.values())
NO_LINE_END_AFTER = frozenset({"LBRACE", "VBAR", "COMMA", "ARROW"})
NO_LINE_END_BEFORE = frozenset({"RBRACE", "VBAR", "ARROW", "ELSE"})
_OPERATORS = "PLUS MINUS STAR SLASH FLOOR PERCENT POWER COMPARE OR AND NOT IF ELSE DOT"
OPERATORS = frozenset(_OPERATORS.split())
SEPARATORS = frozenset({"COMMA", "ARROW", "VBAR"})
COUNTED = OPERATORS | SEPARATORS | CLOSING | frozenset(OPENING)
DEEPEST = 100
MOST_OPERATORS = 1000
MOST_WORDS = 800_000


def drop_line_ends(stream: Iterator[Token], source: Source) -> Iterator[Token]:
    """Drop insignificant line ends, check that brackets match, and add the end of the text."""
    brackets: list[Token] = []
    around: list[int] = []  # operators counted before each open bracket
    operators = 0
    pending: Token | None = None
    last = None
    kind = "LBRACE"  # nothing to separate before the first definition
    for number, word in enumerate(stream):
        before, kind = kind, word.kind
        if number == MOST_WORDS:
            raise _rejected(syntax_errors.too_many_words(MOST_WORDS), word, source)
        if kind == "_NL":
            operators = around[-1] if around else 0
            kind = before
            if before not in NO_LINE_END_AFTER and not _in_round_or_square(brackets):
                pending = word
            continue
        if pending is not None:
            if kind not in NO_LINE_END_BEFORE:
                yield pending
            pending = None
        if kind in COUNTED:
            if kind in OPERATORS:
                operators += 1
            elif kind in SEPARATORS:
                operators = around[-1] if around else 0
            elif kind in OPENING:
                brackets.append(word)
                around.append(operators)
                if len(brackets) > DEEPEST:
                    raise _rejected(syntax_errors.nested_too_deep(DEEPEST), word, source)
            else:
                _close(brackets, word, source)
                operators = around.pop() + 1  # f(1)(2)(3) nests as 1 + 2 + 3 does
            if operators > MOST_OPERATORS:
                raise _rejected(syntax_errors.too_many_operators(MOST_OPERATORS), word, source)
        yield word
        last = word
    if brackets:
        raise _rejected(syntax_errors.never_closed(str(brackets[-1])), brackets[-1], source)
    yield token("", END, last.start + len(last) if last is not None else 0)


def _close(brackets: list[Token], closing: Token, source: Source) -> None:
    if not brackets:
        raise _rejected(syntax_errors.never_opened(str(closing)), closing, source)
    opened = brackets.pop()
    if OPENING[opened.kind] != closing.kind:
        where = opened.span(source)
        problem = syntax_errors.mismatched(str(opened), str(closing), where)
        raise _rejected(problem, closing, source)


def _rejected(diagnostic: Diagnostic, word: Token, source: Source) -> Rejected:
    return Rejected(diagnostic.at(word.span(source)))


def _in_round_or_square(brackets: list[Token]) -> bool:
    return bool(brackets) and brackets[-1].kind != "LBRACE"
