"""Malformed input gets messages: never a traceback, never silence, never a second message.

Each file in `cases/` says in its own text what is expected. A comment line that begins with `#!`
speaks of the nearest line above it that is no such comment:

    conv(3x3, 8, strde=2)
    #!           ^ A202 "did you mean `stride`?"

A caret stands below the column where the finding begins; `<-` leaves the column open. The text in
quotes is a part of the message, the help or a note. Every finding must be marked, and every mark
found. A case with marks of lints has no mistakes: the default lints run, and those that are marked.
Files in `cases/beside/` are what the cases import; their marks count when they are imported.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from archdsl import driver
from archdsl.analyses.lints import LINTS
from archdsl.cli.main import main
from archdsl.diagnostics import Diagnostic, Source
from archdsl.diagnostics.text_form import to_text
from archdsl.elaboration.modules import Library
from archdsl.reserved import MODULE_ATTRIBUTES

CASES = Path(__file__).parent / "cases"
MARK = re.compile(r'^\s*#!\s*(?P<where>\^|<-) (?P<code>[AL]\d{3}) "(?P<text>.*)"$')


class Mark(NamedTuple):
    """One expected finding; column 0 is any."""

    file: str
    line: int
    column: int
    code: str
    text: str


def marks(path: Path) -> list[Mark]:
    found = []
    line = 0
    for number, text in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not text.lstrip().startswith("#!"):
            line = number
            continue
        match = MARK.match(text)
        assert match, f"{path.name}:{number}: not a mark: {text}"
        column = text.index("^") + 1 if match["where"] == "^" else 0
        found.append(Mark(path.name, line, column, match["code"], match["text"]))
    return found


def imported(path: Path) -> list[Path]:
    names = re.findall(r"^from (\w+) import", path.read_text("utf-8"), re.MULTILINE)
    return [beside for name in names if (beside := CASES / "beside" / f"{name}.arch").exists()]


def find(module: str, importer: Source) -> Source | None:
    for folder in (CASES / "beside", CASES):
        path = folder / f"{module}.arch"
        if path.exists():
            return Source(path.name, path.read_text("utf-8"))
    return None


def check(source: Source, *codes: str) -> list[Diagnostic]:
    """The mistakes of a text; with codes also what those lints and the default ones find."""
    beside = [path.stem for path in (CASES / "beside").glob("*.arch")]
    lints = [lint for lint in LINTS if lint.code in codes or (codes and lint.default)]
    return driver.report(source, Library(find, ("here",), lambda importer: beside), lints)[0]


def fits(mark: Mark, finding: Diagnostic) -> bool:
    assert finding.span is not None
    line, column = finding.span.begins
    place = (finding.span.source.name, line, finding.code)
    words = [finding.message, finding.help or "", *(note.text for note in finding.notes)]
    return (
        place == (mark.file, mark.line, mark.code)
        and mark.column in (0, column)
        and any(mark.text in word for word in words)
    )


@pytest.mark.parametrize("path", sorted(CASES.glob("*.arch")), ids=lambda path: path.stem)
def test_a_case_yields_its_marks_and_nothing_else(path: Path) -> None:
    wanted = [mark for file in (path, *imported(path)) for mark in marks(file)]
    codes = {mark.code for mark in wanted}
    found = check(Source(path.name, path.read_text("utf-8")), *codes)
    for mark in list(wanted):
        match = next((finding for finding in found if fits(mark, finding)), None)
        if match is not None:
            wanted.remove(mark)
            found.remove(match)
    unmarked = "\n".join(to_text(finding) for finding in found)
    assert not wanted, f"not found: {wanted}\n\nfound instead:\n{unmarked}"
    assert not found, f"not marked:\n{unmarked}"


def test_there_are_many_cases() -> None:
    assert len(list(CASES.glob("*.arch"))) >= 60


# ------------------------------------------------------------------ bytes


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "A110"),
        (b"\n\n\n", "A110"),
        (b"# only a comment", "A110"),
        (b"\xef\xbb\xbf", "A110"),
        (b"\x00\x01\x02", "A106"),
        (b"\xff\xfe\x00n", "A107"),
        (b"network \xc3\x28 {}", "A107"),
        (b"network n {\x00}", "A106"),
        ("network n { input 3x8x8 \N{RIGHT-TO-LEFT OVERRIDE} relu }".encode(), "A106"),
    ],
)
def test_bytes_that_are_no_network_are_findings(
    data: bytes, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bytes.arch"
    path.write_bytes(data)
    assert main(["check", str(path)]) == 1
    output = capsys.readouterr()
    assert output.out.startswith(f"error[{code}]")
    assert not output.err


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r\n\r\n"])
def test_line_ends_and_tabs_make_no_difference(end: str) -> None:
    text = end.join(["# A doc.", "network n {", "\tinput 3x8x8", "\tconv(3x3, 8)\t->\tbn", "}", ""])
    assert check(Source("case.arch", text)) == []


def test_columns_count_characters_in_lines_with_tabs_and_carriage_returns() -> None:
    (finding,) = check(Source("case.arch", "network n {\r\n\tinput 3x8x8\r\n\t\trellu\r\n}\r\n"))
    assert finding.span is not None
    assert finding.span.begins == (3, 3)
    assert "rellu\n" in to_text(finding)
    assert "\r" not in to_text(finding)


# ------------------------------------------------------------------ hostile sizes

HEAD = "network tiny {\n    input 3x32x32\n    "
REPEATED = "\n".join(f"network n{i} {{ input 3x8x8 -> long }}" for i in range(50))
HOSTILE = {
    "a million digits": (f"let a = {'9' * 1_000_000}\n", "A109"),
    "deep parentheses": (f"let a = {'(' * 5000}1{')' * 5000}\n", "A105"),
    "deep lists": (f"let a = {'[' * 5000}{']' * 5000}\n", "A105"),
    "deep blocks": (HEAD + "a: {" * 5000 + "relu" + "}" * 5000 + "}", "A105"),
    "long sums": (f"let a = {'+'.join(['1'] * 50_000)}\n", "A105"),
    "many signs": (f"let a = {'-' * 50_000}1\n", "A105"),
    "many nots": (f"let a = {'not ' * 50_000}true\n", "A105"),
    "long else if": (HEAD + "if false { relu }" + " else if false { relu }" * 5000 + "}", "A105"),
    "many indices": (f"let a = 1{'[0]' * 5000}\n", "A105"),
    "many calls": (f"let a = conv{'()' * 5000}\n", "A105"),
    "nested repeats": (HEAD + "repeat 200000 { repeat 200000 { let x = 1 } }\n}", "A404"),
    "many networks": (f"block long {{ repeat 100000 {{ relu }} }}\n{REPEATED}", "A404"),
    "lists of lists": (
        "let a0 = [1, 1]\n" + "".join(f"let a{i + 1} = [a{i}, a{i}]\n" for i in range(60)),
        "A405",
    ),
    "many long lists": (
        "let a = [1] * 100000\n" + "".join(f"let b{i} = a + []\n" for i in range(3000)),
        "A404",
    ),
    "calls that double": (
        "".join(f"block b{i} {{ b{i + 1} -> b{i + 1} }}\n" for i in range(60))
        + "block b60 { relu }\n"
        + HEAD
        + "b0\n}",
        "A404",
    ),
    "many unknown names": (
        "".join(f"network n{i} {{ input 3x8x8 -> x{i} }}\n" for i in range(5000)),
        "A201",
    ),
    "many syntax errors": ("".join(f"let n{i} = )\n" for i in range(50_000)), "A104"),
    "only opening braces": ("{" * 1_000_000, "A101"),
    "only quotes": ("'" * 1_000_000, "A106"),
    "a label of many parts": (HEAD + "x" + "{1}" * 20_000 + ": relu\n}", "A218"),
    "a reference of many parts": (HEAD + "relu -> @x" + ".a" * 20_000 + "\n}", "A210"),
    "many facts": (
        HEAD + "repeat 50000 { relu }\n" + "expect params == 0\n" * 3000 + "}",
        "A404",
    ),
}


LONG = ("nested repeats", "many long lists", "many facts")
MINUTES = ("many networks", "many unknown names", "calls that double")
TEXTS = [
    pytest.param(
        *case,
        id=name,
        marks=pytest.mark.minutes if name in MINUTES else pytest.mark.slow if name in LONG else (),
    )
    for name, case in HOSTILE.items()
]


@pytest.mark.parametrize(("text", "code"), TEXTS)
def test_a_hostile_file_ends_in_a_few_short_findings(text: str, code: str) -> None:
    found = check(Source("hostile.arch", text))
    for finding in found:
        assert len(to_text(finding)) < 20_000
    assert code in {finding.code for finding in found}
    assert len(found) <= 201  # the last one says that there are more


@pytest.mark.slow
def test_a_file_of_too_many_words_is_not_read_to_its_end() -> None:
    found = check(Source("long.arch", f"let a = [{'1,' * 400_001}]\n"))
    assert [finding.code for finding in found] == ["A108"]


# ------------------------------------------------------------------ names in Python


def test_the_attributes_of_every_module_are_reserved() -> None:
    torch = pytest.importorskip("torch")
    public = {name for name in dir(torch.nn.Module()) if not name.startswith("_")}
    assert public <= MODULE_ATTRIBUTES


@pytest.mark.parametrize("word", sorted({*keyword.kwlist, "forward", "train", "parameters"}))
def test_no_label_is_a_keyword_or_an_attribute_of_modules(word: str) -> None:
    found = check(Source("case.arch", f"network n {{\n input 3x8x8\n {word}: relu\n}}\n"))
    assert [finding.code for finding in found] in (["A212"], ["A101"], ["A103"])
