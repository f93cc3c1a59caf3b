"""Every code has a page, and the examples on it do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checking import review

from archdsl import driver
from archdsl.analyses.lints import LINTS
from archdsl.diagnostics import Diagnostic, Rejected, Sink, Source, pages
from archdsl.elaboration.modules import Library
from archdsl.ops import misfit
from archdsl.syntax.parse import MOST_BYTES, decode

EXAMPLE = re.compile(r"^```arch (fails|passes)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "lints.md"
# What lies beside the examples that speak of imports.
BESIDE = {
    "parts": "block unit { conv(3x3, 64) -> relu }\n",
    "circle": "from case import unit\n",
    "case": "from circle import unit\n",
}


def worded() -> set[str]:
    """The codes in the modules with the wording, whatever new ones are called."""
    files = Path(pages.__file__).parent.parent.glob("*.py")
    return {
        code for file in files for code in re.findall(r'"([AL]\d{3})"', file.read_text("utf-8"))
    }


def examples(kind: str) -> list[tuple[str, str]]:
    return [
        (code, text)
        for code in pages.codes()
        for outcome, text in EXAMPLE.findall(pages.page(code) or "")
        if outcome == kind
    ]


FAILING = [
    pytest.param(code, text, marks=pytest.mark.slow if code in ("A402", "A404") else ())
    for code, text in examples("fails")  # those two go to the limits
]


def found(text: str, code: str) -> list[Diagnostic]:
    """The mistakes of an example; of one for a lint, what it and the default lints find too."""
    return review(text, code, default=code.startswith("L"), files=BESIDE)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(pages.codes()) == worded()


@pytest.mark.parametrize("code", pages.codes())
def test_a_page_has_a_title_and_a_passing_example(code: str) -> None:
    text = pages.page(code) or ""
    assert text.startswith(f"# {code}: {pages.title(code)}\n")
    assert [kind for kind, _ in EXAMPLE.findall(text)] in (["fails", "passes"], ["passes"])


@pytest.mark.parametrize(("code", "text"), FAILING, ids=lambda value: value[:4])
def test_a_failing_example_yields_its_code_and_nothing_else(code: str, text: str) -> None:
    assert [finding.code for finding in found(text, code)] == [code]


@pytest.mark.parametrize(("code", "text"), examples("passes"), ids=lambda value: value[:4])
def test_a_passing_example_yields_nothing(code: str, text: str) -> None:
    assert [finding.message for finding in found(text, code)] == []


def test_the_table_of_lints_says_what_the_pages_and_the_lints_say() -> None:
    """Which fix there is, is what the failing example offers."""
    rows = []
    for lint in LINTS:
        [text] = [text for code, text in examples("fails") if code == lint.code]
        fixes = {f.fix.safe for f in found(text, lint.code) if f.fix and f.code == lint.code}
        fix = {frozenset({True}): " safe", frozenset({False}): " unsafe"}.get(frozenset(fixes), "")
        default = "yes" if lint.default else "no"
        rows.append(f"| {lint.code} | {pages.title(lint.code)} | {default} |{fix} |")
    table = re.findall(r"^\| L\d.*", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    missing = "\n".join(row for row in rows if row not in table)
    assert table == rows, f"write in the table of docs/lints.md:\n{missing}"


def test_codes_without_failing_example_do_not_come_from_text_alone() -> None:
    with_example = {code for code, _ in examples("fails")}
    assert set(pages.codes()) - with_example == {
        "A107",
        "A108",
        "A222",
        "A390",
        "A406",
        "A407",
        "A408",
    }
    assert _rejected(b"network \xff\xfe") == "A107"
    assert _rejected(b"#" * (MOST_BYTES + 1)) == "A108"
    sink = Sink()
    source = Source("case.arch", "network n { input 3x8x8 -> relu }")
    nothing = Library(lambda module, importer: None)
    driver.graphs(source, nothing, sink, driver.Request("resnet51"))
    assert [finding.code for finding in sink.found] == ["A222"]
    assert misfit("what a plugin says").diagnostic.code == "A390"


def _rejected(data: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        decode("case.arch", data)
    return caught.value.diagnostic.code
