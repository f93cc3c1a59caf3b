"""Runs the code blocks of a page in the order in which a reader would.

- A paragraph `` `name.ext`: `` above a block names the file that the block is.
- ```` ```arch ```` without a name is checked; ```` ```arch fails ```` must have mistakes.
- ```` ```console ```` runs each `$ command` and compares what it prints; `…` stands for any text.
- ```` ```sh ```` runs the lines that begin with `archdsl` or `python -c`; they must succeed.
- ```` ```python ```` blocks without a name are one script, which runs at the end of the page.
- A mark `from=PATH` says that the block is a part of this file; `elsewhere`, that another test
  runs it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(
    r"(?:^`(?P<name>[\w./-]+)`[^\n]*:\n\n)?"
    r"^(?P<fence>`{3,})(?P<language>\w+)(?P<marks>[^\n]*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
RUNS = ("archdsl ", "python -c ")


class Block(NamedTuple):
    """One code block of a page."""

    language: str
    text: str
    name: str | None
    marks: tuple[str, ...]

    @property
    def origin(self) -> str | None:
        """The file of the repository that the block is a part of."""
        found = [mark[len("from=") :] for mark in self.marks if mark.startswith("from=")]
        return found[0] if found else None


def blocks(document: str) -> list[Block]:
    """The code blocks of a page, in order."""
    page = (ROOT / document).read_text("utf-8")
    return [
        Block(found["language"], found["text"], found["name"], tuple(found["marks"].split()))
        for found in BLOCK.finditer(page)
    ]


def refresh(document: str) -> None:
    """Copy definitions that a page shows with `from=` from their files again."""
    path = ROOT / document
    page = path.read_text("utf-8")
    for block in blocks(document):
        if block.origin and block.language == "python":
            definition = block.text.partition("(")[0] + "("
            file = (ROOT / block.origin).read_text("utf-8")
            after = file[file.index(definition) :].partition("\n\n\n")[0]
            page = page.replace(block.text, after.rstrip() + "\n")
    path.write_text(page, "utf-8")


def run_page(document: str, folder: Path) -> None:
    """Run all blocks of a page in an empty folder."""
    reader = _Reader(folder)
    script = []
    for number, block in enumerate(blocks(document)):
        if block.origin:
            assert block.text in (ROOT / block.origin).read_text("utf-8"), block.origin
        elif block.name:
            (folder / block.name).write_text(block.text, "utf-8")
        elif "elsewhere" in block.marks:
            continue
        elif block.language == "arch":
            reader.check(f"block{number}.arch", block)
        elif block.language == "console":
            reader.compare(block.text)
        elif block.language == "sh":
            reader.succeed(block.text)
        elif block.language == "python":
            script.append(block.text)
    if script:
        reader.run_python("\n".join(script))


class _Reader:
    """A shell in a folder, with `archdsl` and `python` as they are in this checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        commands = folder / ".bin"
        commands.mkdir()
        for name, words in {"archdsl": " -m archdsl", "python": ""}.items():
            path = commands / name
            path.write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
            path.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "COLUMNS": "80",
        }

    def check(self, name: str, block: Block) -> None:
        (self.folder / name).write_text(block.text, "utf-8")
        done = self._run(f"archdsl check {name}")
        assert done.returncode == int("fails" in block.marks), done.stdout

    def compare(self, session: str) -> None:
        """Run the commands of a session and compare what they print, errors included."""
        for command, shown in _commands(session):
            printed = self._run(command).stdout
            wanted = ".*".join(map(re.escape, shown.split("…")))
            same = printed == shown or re.fullmatch(wanted, printed, re.DOTALL)
            assert same, f"$ {command}\n{printed}"

    def succeed(self, text: str) -> None:
        for line in text.splitlines():
            command = line.partition("  #")[0]
            if command.startswith(RUNS):
                done = self._run(command)
                assert done.returncode == 0, f"$ {command}\n{done.stdout}"
            for path in re.findall(r"(?:benchmarks|tests)/[\w./-]*\w", command):
                assert (ROOT / path).exists(), path

    def run_python(self, script: str) -> None:
        (self.folder / "page.py").write_text(script, "utf-8")
        done = self._run("python page.py")
        assert done.returncode == 0, done.stdout

    def _run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def _commands(session: str) -> Iterator[tuple[str, str]]:
    """Each command of a session, and what it prints."""
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed
