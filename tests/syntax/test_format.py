"""The formatter's laws, over all files of the repository and over generated programs."""

from __future__ import annotations

import random
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from archdsl.cli.main import main
from archdsl.diagnostics import Sink, Source, Span
from archdsl.syntax.parse import format_source, parse
from tests.pages import blocks
from tests.programs import program

ROOT = Path(__file__).parent.parent.parent
SHIPPED = sorted((ROOT / "architectures").glob("*.arch"))
FILES = [*SHIPPED, *sorted((ROOT / "tests").rglob("*.arch"))]
PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
SEEDS = range(60)


def formatted(text: str) -> str:
    sink = Sink()
    found = format_source(Source("a text", text), sink)
    assert not sink
    return found


def parses(text: str) -> bool:
    sink = Sink()
    parse(Source("a text", text), sink)
    return not sink


def tree(node: Any) -> Any:
    """A syntax tree without its places."""
    if isinstance(node, Span):
        return None
    if is_dataclass(node):
        return type(node).__name__, [tree(getattr(node, each.name)) for each in fields(node)]
    return [tree(each) for each in node] if isinstance(node, list | tuple) else node


def comments(text: str) -> list[tuple[str, str]]:
    """The comments of a text, each with the code before it on its line, without blanks."""
    lines = [re.match(r'((?:"[^"\n]*"|[^"#\n])*)(#.*)', line) for line in text.splitlines()]
    return [(re.sub(r"\s", "", found[1]), found[2].rstrip()) for found in lines if found]


def texts() -> dict[str, str]:
    """All texts that parse: files, and programs."""
    found = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in FILES}
    found |= {f"program {seed}": program(random.Random(seed)) for seed in SEEDS}
    return {name: text for name, text in found.items() if parses(text)}


TEXTS = texts()


@pytest.mark.parametrize("name", TEXTS)
def test_the_laws(name: str) -> None:
    text, sink = TEXTS[name], Sink()
    found = formatted(text)
    assert tree(parse(Source("a", found), sink)) == tree(parse(Source("a", text), sink))
    assert formatted(found) == found, "idempotent"
    assert comments(found) == comments(text)
    rng = random.Random(name)
    indented = "".join(
        " " * rng.randrange(9) + line.lstrip(" \t") for line in text.splitlines(keepends=True)
    )
    assert formatted(indented) == found, "independent of indentation"
    assert formatted(text.replace("\n", "\r\n")) == found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_library_is_formatted(path: Path) -> None:
    assert formatted(path.read_text("utf-8")) == path.read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_formatted(page: str) -> None:
    shown = [block.text for block in blocks(page) if block.language == "arch"]
    assert [formatted(text) for text in shown if parses(text)] == list(filter(parses, shown))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let  x=-1", "let x = -1"),
        ("let y = 2 -1*- 3", "let y = 2 - 1 * -3"),
        ("let m = { a:1 ,b : {c:[1 ,2]} }", "let m = {a: 1, b: {c: [1, 2]}}"),
        ("let n = {18:[2 ,2]} [ depth ]", "let n = {18: [2, 2]}[depth]"),
        ("block b(c=1){conv( 3x3,c, / 2 , bias = false )}",
         "block b(c = 1) { conv(3x3, c, /2, bias=false) }"),
        ("network n = resnet( [2 ,2], unit = b )", "network n = resnet([2, 2], unit=b)"),
        ("network n {\ninput 3x8x8->conv(3x3,4)\n->relu\n}",
         "network n {\n    input 3x8x8 -> conv(3x3, 4)\n        -> relu\n}"),
        ("network n {\nconcat{\n|relu\ntanh\n|gelu}\n}",
         "network n {\n    concat {\n        | relu\n          tanh\n        | gelu }\n}"),
        ("network n { enc{i+1}: relu -> @enc{ i + 1 } }",
         "network n { enc{i + 1}: relu -> @enc{i + 1} }"),
        ("let a = 1 # one\n\n\n\n# two\nlet b = 2\n\n",
         "let a = 1  # one\n\n# two\nlet b = 2"),
        ("let a = 1   # one\nlet bc = 2  # two", "let a = 1   # one\nlet bc = 2  # two"),
        ("network n {\n  f( 1, 20)\n  f(100, 3)\n}",
         "network n {\n    f(  1, 20)\n    f(100,  3)\n}"),
        ("network n {\n  f(1, 20)\n  f(100, 3)\n}", "network n {\n    f(1, 20)\n    f(100, 3)\n}"),
        ("network n {\n# of relu\nrelu\n# last\n}",
         "network n {\n    # of relu\n    relu\n    # last\n}"),
        ("network n { if not a {relu} else  {tanh} }",
         "network n { if not a { relu } else { tanh } }"),
    ],
)  # fmt: skip
def test_the_format(text: str, expected: str) -> None:
    assert formatted(text) == expected + "\n"


def test_a_file_with_a_syntax_error_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wrong.arch").write_text("let  x=(\n")
    Path("good.arch").write_text("let  x=1\n")
    assert main(["fmt", "good.arch", "wrong.arch"]) == 1
    assert "wrong.arch:1:8" in capsys.readouterr().err
    assert Path("good.arch").read_text() == "let  x=1\n"


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    path = Path("folder/x.arch")
    path.write_text("let  x=1\n")
    assert main(["fmt", "--check", "."]) == 1
    assert "folder/x.arch: not formatted" in capsys.readouterr().out
    assert main(["fmt", "--diff", "folder/x.arch"]) == 1
    assert "+let x = 1" in capsys.readouterr().out
    assert main(["fmt", "folder", "folder/x.arch"]) == 0
    assert path.read_text() == "let x = 1\n"
    assert "1 of 1 file formatted" in capsys.readouterr().out
    assert main(["fmt", "--check", "."]) == 0
    path.write_bytes(b"let x = 1\r\n")
    assert main(["fmt", "--check", "."]) == 1
    for wrong in ("none.arch", "."):
        path.unlink(missing_ok=True)
        assert main(["fmt", wrong]) == 2
