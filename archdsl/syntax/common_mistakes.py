"""Common mistakes of people who come from Python, with advice for each.

A mistake is recognised by the line up to the unexpected word and by the text from there on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Slip(NamedTuple):
    """A pattern of the line before a place, one of the text from there on, and the advice."""

    before: re.Pattern[str]
    after: re.Pattern[str]
    advice: str


def _slip(before: str, after: str, advice: str) -> Slip:
    return Slip(re.compile(before + r"\Z"), re.compile(after), advice)


ITEM = r"(^|[{|]|->)[ \t]*"  # where an item begins
BODY = r"\b(network|block|skip|repeat|dense|split|aux|if|else|add|concat|mul|join)\b[^{}]*"
SLIPS = (
    _slip("", r"(elif|else?if)\b", "write `else if`"),
    _slip(ITEM + r"while[ \t]*", "", "write `repeat i in range(3) { … }`"),
    _slip(ITEM, r"for\b[ \t]+\w+[^:]*\bin\b", "write `repeat i in range(3) { … }`"),
    _slip(ITEM + r"return[ \t]+", "", "the last value is the output; others: `output @label`"),
    _slip(ITEM + r"(nn|F|torch|self|keras|tf)", r"\.", "write the op alone: `conv(3x3, 64)`"),
    _slip(ITEM + r"\w+[ \t]*", r"=[ \t]*input\b", "name an input: `input left 3x32x32`"),
    _slip(
        ITEM + r"[A-Za-z]\w*[ \t]*",
        r"=(?![=>])",
        "name a layer by a label, `conv1: conv(3x3, 64)`, and a constant with `let n = 3`",
    ),
    _slip(r"\bfrom[ \t]+\w*", r"[./\"]", "write the file's name alone: `from resnet import basic`"),
    _slip(ITEM + r"\w+[ \t]*:[ \t]*", r"\w+[ \t]*:", "levels nest: `a: { b: conv(3x3, 64) }`"),
    _slip(ITEM + r"\w+", r"\.[\w.]+[ \t]*:", "levels nest: `a: { b: conv(3x3, 64) }`"),
    _slip(ITEM, r"\"\w+\"[ \t]*:", "write a label without quotes"),
    _slip(ITEM + r"output[ \t]*", "", "name what comes out: `output @c3, @c4`"),
    _slip(r"\bskip[ \t]*", r"\(?[ \t]*@", "add an earlier value: `add { | @a | … }`"),
    _slip(ITEM, r"[(\[]|\d+[ \t]*\*", "write items one after another, `repeat 3 { … }` for copies"),
    _slip(r"\)[ \t]*", r"\*[ \t]*\d", "write `repeat 3 { … }` for copies, `scale(3)` for a factor"),
    _slip(BODY, r"\n\s*\{", "put the `{` on the line of its word"),
    _slip("", r"=>|\|>", "write `->`"),
    _slip("", r"\|\|", "write `or`"),
    _slip(r"\d[ \t]+", r"x[ \t]*\d", "write a size without spaces: `3x3`, `3x224x224`"),
    _slip(ITEM + r"input[ \t]*:[ \t]*", "", "write `input 3x224x224`"),
    _slip(ITEM + r"input[ \t]+", r"\w+[ \t]*:", "write `input left 3x32x32`"),
    _slip(ITEM + r"input[ \t]+\w+[ \t]*", r"=", "write `input left 3x32x32`"),
    _slip(ITEM + r"input[ \t]+\d+[ \t]*", r",", "write a size with `x`: `3x224x224`"),
    _slip(
        r"\bnetwork[ \t]+\w+[ \t]*\([^{]*\)[ \t]*",
        r"=",
        "a variant has no parameters: `network NAME = OTHER(depth=50)`",
    ),
    _slip(ITEM + r"\w+[ \t]*(\([^()]*\)[ \t]*)?", r"if\b", "write `if … { … } else { … }`"),
    _slip(r"[(,][ \t]*/[^,()]*", r"if\b", "put the choice in parentheses: `/(2 if … else 1)`"),
    _slip(r"\w=[ \t]*", r"/[ \t]*\d", "write `stride=2` or `/2`"),
    _slip(r"\d\.", r"\.", "write `range(3)`"),
    _slip(r"[^\w.]", r"\.\d", "write the digit before the point: `0.5`"),
    _slip(r"(?<![\w.@])\d+\.", "", "write a digit after the point: `0.0`"),
    _slip(r"\d%", "", "write a fraction: `0.5`"),
    _slip(r"[=(,+*/-][ \t]*in[ \t]*", "", "write which fact of the value: `in.channels`"),
    _slip("", r'//|/\*|"{2}', "a comment begins with `#`"),
    _slip(ITEM + r"input[ \t]*", r"->|\n", "write its shape: `input 3x224x224`"),
    _slip(r"\bimport[ \t]+", r"\*", "name what is imported: `from resnet import basic`"),
    _slip(r"\bimport\b.*", r"as\b", "import names as they are: without `as`"),
    _slip(r"\b(if|else|repeat)\b.*", r":", "write the body in braces: `{ … }`"),
    _slip(
        ITEM + r"(repeat|split|dense|if)\b[^{]*", r"[A-Za-z]", "write the body in braces: `{ … }`"
    ),
    _slip(r"\blet[ \t]+", r"\w+[ \t]*:", "write `let n = 3`"),
    _slip(r"\blet[ \t]+\w+[ \t]+", "", "write `let n = 3`"),
    _slip(
        r"\b(block|network)[ \t]+", r"\w+[ \t]*:", "write the body in braces: `block NAME { … }`"
    ),
    _slip(r"\b(block|network)[ \t]*", r"[{(]", "give it a name: `network NAME { … }`"),
    _slip(
        r"\b(block|network)[ \t]+\w+[ \t]*(\([^()]*\)[ \t]*)?",
        r"\w+[ \t]",
        "write the body in braces: `network NAME { … }`",
    ),
    _slip(
        r"\b(block|network)\b[^{]*",
        r"\w+[ \t]*:",
        "a parameter has no type: `depth` or `depth = 2`",
    ),
    _slip(r"\w", r"-\w", "names are made of letters, digits and `_`: write `_` for `-`"),
    _slip(
        r"\b(add|concat|mul|join)[ \t]*(\([^()]*\))?[ \t]*\{[ \t]*",
        r"[^|]",
        "begin each branch with `|`: `add { | a | b }`",
    ),
    _slip(r"\brepeat[ \t]*\{.*", "", "write how often: `repeat 3 { … }`"),
    _slip(r"\([^()]*", r"\w+[ \t]*:", "name an argument with `=`: `stride=2`"),
    _slip(r"\(\d+", r",", "write a size with `x`: `3x3`, `3x224x224`"),
    _slip(ITEM + r"\w+[ \t]+", r"[\d\"\[]", "arguments are in parentheses: `conv(3x3, 64)`"),
    _slip(
        ITEM + r"\w+[ \t]*\{[ \t]*",
        r"[^|]",
        "a body belongs to `skip`, `repeat` or a label, `name: { … }`; a branch begins with `|`",
    ),
    _slip("", r"import\b", "write `from FILE import NAME`"),
)
NO_ITEM_FOLLOWS = {
    "+": "add values by `add { | a | b }`, or `skip { … }` around a block",
    "*": "multiply values by `mul { | a | b }`",
    ">": "write `->`",
    "{": "a body begins on the line of its word, `skip {`; a group has a label: `name: { … }`",
    "|": "branches are inside a merge: `add { | a | b }`",
    "=": "compare with `==`, or name an argument inside `(…)`",
    ":": "a label is written before an item: `conv1: conv(3x3, 64)`",
    "->": "`->` is written between two items",
}
BEGINS_VALUE = frozenset({"NAME", "LABEL", "INTEGER", "FLOAT", "SIZE", "STRING", "REFERENCE"})
STARTS = {
    "def": "block",
    "class": "block",
    "model": "network",
    "net": "network",
    "import": "from",
    "const": "let",
}


def comma_missing(kind: str, expected: Iterable[str]) -> bool:
    """Whether a value follows where a comma or an operator is possible."""
    return "," in expected and kind in BEGINS_VALUE


def advice(before: str, after: str, word: str, ends: bool) -> str | None:
    """Return advice for the text at a place, or None for an unknown mistake.

    `ends` is whether an item could end there.
    """
    line = before.rpartition("\n")[2]
    for slip in SLIPS:
        if slip.before.search(line) and slip.after.match(after):
            return slip.advice
    if ends and (word == "," or word[:1].isalpha()):
        return "put `->` or a line end between two items"
    return NO_ITEM_FOLLOWS.get(word)
