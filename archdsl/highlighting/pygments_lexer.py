"""A lexer for Pygments, and so for Sphinx, MkDocs, Jupyter and LaTeX's minted."""

from __future__ import annotations

from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
    _TokenType,
)

from archdsl.highlighting.patterns import Pattern, patterns

TOKENS: dict[str, _TokenType] = {
    "": Whitespace,
    "comment": Comment.Single,
    "string": String.Double,
    "keyword": Keyword,
    "definition": Name.Class,
    "label": Name.Label,
    "reference": Name.Variable,
    "size": Number,
    "float": Number.Float,
    "integer": Number.Integer,
    "argument": Name.Attribute,
    "constant": Keyword.Constant,
    "word operator": Operator.Word,
    "function": Name.Function,
    "op": Name.Builtin,
    "name": Name,
    "operator": Operator,
    "punctuation": Punctuation,
}


def _rule(pattern: Pattern) -> tuple[str, Any]:
    whole, *groups = (TOKENS[kind] for kind in pattern.kinds)
    return pattern.regex, bygroups(*groups) if groups else whole


class ArchLexer(RegexLexer):  # type: ignore[misc]  # Pygments has no types
    """The lexer of `.arch` files; Pygments finds it by its name, `arch`."""

    name = "arch"
    aliases: ClassVar[list[str]] = ["arch", "archdsl"]
    filenames: ClassVar[list[str]] = ["*.arch"]
    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [(r"\s+", Whitespace), *map(_rule, patterns()), (r".", Text)]
    }
