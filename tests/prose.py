"""Docstrings and paragraphs of the repository, and a random draw of them for a cold reading.

    python -m tests.prose --seed 7                     # 100 docstrings and 50 paragraphs
    python -m tests.prose --seed 7 --docstrings 20

A reader who has not seen the code counts the texts that need a second reading: at most 5 of each.
"""

from __future__ import annotations

import ast
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "docs/*.md", "archdsl/diagnostics/pages/*.md")
FENCE = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)


class Text(NamedTuple):
    """A docstring or a paragraph, with its place."""

    file: str
    line: int
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.name}\n{self.text}\n"


def docstrings(file: Path) -> Iterator[Text]:
    """Yield the docstrings of a Python file."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node)
            if text:
                name = "" if isinstance(node, ast.Module) else node.name
                yield Text(str(file.relative_to(ROOT)), node.body[0].lineno, name, text)


def paragraphs(file: Path) -> Iterator[Text]:
    """Yield the paragraphs of a page that are sentences: no headings, tables or code."""
    page = FENCE.sub(lambda found: "\n" * found[0].count("\n"), file.read_text("utf-8"))
    line = 1
    for part in re.split(r"(\n\s*\n)", page):
        text = part.strip()
        if text and text[0] not in "#|<!" and len(text.split()) > 5:
            yield Text(str(file.relative_to(ROOT)), line, "", text)
        line += part.count("\n")


def pages() -> list[Path]:
    """The pages that people read."""
    return [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]


def main() -> None:
    """Print a random draw of docstrings and paragraphs."""
    parser = ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--docstrings", type=int, default=100, metavar="N")
    parser.add_argument("--paragraphs", type=int, default=50, metavar="N")
    options = parser.parse_args()
    random = Random(options.seed)
    code = [text for path in sorted(ROOT.glob("archdsl/**/*.py")) for text in docstrings(path)]
    prose = [text for path in pages() for text in paragraphs(path)]
    for texts, count in ((code, options.docstrings), (prose, options.paragraphs)):
        for text in random.sample(texts, min(count, len(texts))):
            print(text)


if __name__ == "__main__":
    main()
