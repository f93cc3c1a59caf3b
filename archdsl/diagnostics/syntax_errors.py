"""Wording of syntax errors: codes A100 to A199."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from archdsl.diagnostics.diagnostic import Diagnostic, Note
from archdsl.diagnostics.source import Span
from archdsl.diagnostics.suggest import clip, did_you_mean, listing


def _in_order(words: Iterable[str]) -> list[str]:
    """Sort words before signs, each alphabetically."""
    return sorted(words, key=lambda word: (not word[:1].isalpha(), word))


def unexpected(found: str, expected: Iterable[str], near: str | None) -> Diagnostic:
    """A101: an unexpected word."""
    wanted = listing(_in_order(expected), last="or", most=8)
    return Diagnostic(
        "A101",
        f"`{clip(found)}` cannot stand here",
        help=near or (f"here the language allows {wanted}" if wanted else None),
    )


def missing_comma(found: str) -> Diagnostic:
    """A101: a value that follows another without a comma."""
    return Diagnostic(
        "A101",
        f"`{clip(found)}` cannot follow the value before it",
        help=f"put a comma before it: `, {clip(found)}`",
        instead=f", {found}",
    )


def unexpected_end(expected: Iterable[str]) -> Diagnostic:
    """A102: the text ends in the middle of something."""
    wanted = listing(_in_order(expected), last="or", most=8)
    return Diagnostic(
        "A102",
        "the definition ends before it is complete",
        help=f"go on with {wanted}" if wanted else None,
    )


def reserved(word: str) -> Diagnostic:
    """A103: a keyword used as a name."""
    return Diagnostic(
        "A103",
        f"`{word}` is a word of the language and cannot be a name",
        help=f"choose another name, for instance `{word}_`",
    )


def never_closed(bracket: str) -> Diagnostic:
    """A104: an opening bracket without its partner."""
    partner = {"(": ")", "[": "]", "{": "}"}[bracket]
    return Diagnostic(
        "A104", f"this `{bracket}` is never closed", help=f"add the missing `{partner}`"
    )


def never_opened(bracket: str) -> Diagnostic:
    """A104: a closing bracket without its partner."""
    return Diagnostic("A104", f"this `{bracket}` closes nothing", help=f"remove the `{bracket}`")


def mismatched(opened: str, closed: str, where: Span) -> Diagnostic:
    """A104: brackets of two kinds paired."""
    partner = {"(": ")", "[": "]", "{": "}"}[opened]
    return Diagnostic(
        "A104",
        f"`{closed}` cannot close `{opened}`",
        help=f"remove the `{closed}`" if opened == "{" else f"close it with `{partner}`",
        notes=(Note(f"`{opened}` was opened here", where),),
    )


def nested_too_deep(limit: int) -> Diagnostic:
    """A105: nesting beyond the limit."""
    return Diagnostic(
        "A105",
        f"this nests deeper than {limit} levels",
        help="name the inner part with `let` or `block`",
    )


def too_many_operators(limit: int) -> Diagnostic:
    """A105: an expression or chain of `else if` beyond the limit."""
    return Diagnostic(
        "A105",
        f"this strings together more than {limit:,} operators",
        help="name parts of it with `let`, or use a list or map",
    )


def imports_too_deep(limit: int) -> Diagnostic:
    """A105: a chain of imports beyond the limit."""
    return Diagnostic(
        "A105",
        f"imports nest deeper than {limit} files",
        help="import from the file that defines the name",
    )


def strange_character(char: str) -> Diagnostic:
    """A106: a character that the language does not use."""
    name = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
    helps = {
        "'": "strings are written with double quotes, and words like `bilinear` without any",
        '"': "a string ends on its own line and holds no backslash",
        ";": "items are separated by a line end or `->`",
        "\\": "a line goes on after `->`, `,` or inside brackets, without a backslash",
        "\t": "indent with spaces",
        "=": "compare with `==`",
        "×": "write the letter `x`: `3x3`",
        "“": 'strings are written with plain double quotes: "…"',
        "”": 'strings are written with plain double quotes: "…"',
        "‘": "strings are written with double quotes, and words like `bilinear` without any",
        "’": "strings are written with double quotes, and words like `bilinear` without any",
        "\r": "save the file with line ends LF or CRLF",
        "&": "write `and`",
        "?": "write `a if c else b`",
        "!": "write `not` or `!=`",
        ".": "a number needs digits on both sides of the point, as in `0.5`",
    }
    return Diagnostic(
        "A106",
        f"{name} has no meaning here",
        help=helps.get(char) or _lookalike(char),
    )


def _lookalike(char: str) -> str:
    """Advice for a character outside ASCII, from its Unicode name."""
    category, plain = unicodedata.category(char), unicodedata.normalize("NFKC", char)
    if category in ("Zs", "Zl", "Zp"):
        return "it looks like a space: write an ordinary one, or a line end"
    if category == "Cf":
        return "it is invisible: remove it"
    if category == "Pd" or char == "−":
        return "write the sign `-` of the keyboard"
    if "ARROW" in unicodedata.name(char, ""):
        return "write `->`"
    if plain != char and plain.isascii() and plain.isprintable():
        return f"write it as on the keyboard: `{plain}`"
    return "names are made of ASCII letters, digits and `_`"


def strange_number(text: str) -> Diagnostic:
    """A106: digits and letters that make no number."""
    size = text.lower()
    thousands = re.fullmatch(r"([0-9]+)[kK]", text)
    advice = (
        "numbers are made of digits and `_`, sizes are written as `3x3`; names begin with a letter"
    )
    if size != text and re.fullmatch(r"[0-9]+(x[0-9]+)+", size):
        advice = f"write a small `x`: `{size}`"
    elif thousands:
        advice = f"write the number out: `{thousands[1]}_000`"
    return Diagnostic("A106", f"`{clip(text)}` is neither a number nor a name", help=advice)


def not_text(offset: int) -> Diagnostic:
    """A107: the file is not UTF-8 text."""
    return Diagnostic(
        "A107",
        f"this is not UTF-8 text: byte {offset} cannot be read",
        help="save the file as UTF-8",
    )


def too_large(size: int, limit: int) -> Diagnostic:
    """A108: a file beyond the limit."""
    return Diagnostic(
        "A108",
        f"the file has {size:,} bytes; at most {limit:,} are read",
        help="use `repeat` and `block` instead of writing layers out",
    )


def too_many_words(limit: int) -> Diagnostic:
    """A108: a file of more words and signs than the limit."""
    return Diagnostic(
        "A108",
        f"the file has more than {limit:,} words and signs",
        help="use `repeat` and `block` instead of writing layers out",
    )


def too_many_digits(count: int, limit: int) -> Diagnostic:
    """A109: a number literal beyond the limit."""
    return Diagnostic(
        "A109",
        f"this number has {count:,} digits; at most {limit} are read",
        help="no network needs such a number: is it a slip?",
    )


def positional_after_named(named: str, name: str) -> Diagnostic:
    """A115: a positional argument behind a named one."""
    return Diagnostic(
        "A115",
        f"this argument has no name and follows `{clip(named)}`, the argument `{clip(name)}`",
        help="write it before the arguments that have a name, or give it a name too",
    )


def empty_file() -> Diagnostic:
    """A110: nothing in the file."""
    return Diagnostic(
        "A110",
        "the file defines nothing",
        help="start with `network name { input 3x224x224 … }`",
    )


def unknown_start(word: str, known: Iterable[str], meant: str | None = None) -> Diagnostic:
    """A111: a line at the top level that begins no definition; `meant` is what would."""
    known = [*known]
    if word in known:
        return Diagnostic(
            "A111",
            f"`{word}` cannot be a label at the top level",
            help="write a definition, as `network NAME { … }`; labels are inside its braces",
        )
    if meant:
        return Diagnostic("A111", f"`{word}` begins no definition", help=f"write `{meant} …`")
    return Diagnostic(
        "A111",
        f"`{clip(word)}` begins no definition",
        help=did_you_mean(
            word, known, f"a definition begins with {listing(sorted(known), last='or')}"
        ),
    )
