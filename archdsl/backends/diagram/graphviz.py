"""Run Graphviz: pygraphviz in a child process with a time limit, or `dot` if it cannot be used.

Layout holds Python's lock and may take forever; a process can be ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from time import monotonic
from types import TracebackType

CHILD = Path(__file__).with_name("graphviz_process.py")
UNUSABLE = 3  # the exit code of a child that cannot import pygraphviz
ABSENT = (
    "there is no Graphviz: install pygraphviz (`pip install pygraphviz`) or, where it has no wheel,"
    " the program `dot` (https://graphviz.org/download)"
)
SECONDS = 20.0  # for one picture; `limits` refuses what takes as long


class LayoutFailed(Exception):  # noqa: N818
    """Raised when Graphviz returns no layout; the text has the cause and the next step."""


@dataclass(frozen=True)
class GraphvizLayout:
    """A layout by Graphviz: centres of nodes and splines of edges, y downwards."""

    width: float
    height: float
    nodes: dict[str, tuple[float, float]]
    splines: dict[tuple[str, str], list[tuple[float, float]]]


@dataclass
class Graphviz:
    """Lay out DOT texts; a context manager, so that no process is left behind."""

    seconds: float = SECONDS
    bundled: bool = True  # pygraphviz, where it is there
    _process: subprocess.Popen[bytes] | None = None
    _timer: Timer | None = None
    _late: bool = False
    _until: float = 0.0
    _known: dict[str, GraphvizLayout] = field(default_factory=dict)

    def __enter__(self) -> Graphviz:
        self._until = monotonic() + self.seconds
        if self.bundled and find_spec("pygraphviz") is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # "graph has 2002 nodes...layout may take a long time"
                start_new_session=True,  # Ctrl-C is for the command, which then ends it
            )
            self._timer = Timer(self.seconds, self._stop)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._process is not None:
            self._kill(self._process)
            self._process.communicate()

    def place(self, texts: Sequence[str]) -> list[GraphvizLayout]:
        """Return the layouts of graphs; equal texts are laid out once. Raises `LayoutFailed`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            running = self.bundled and self._process is not None
            answers = self._ask(new) if running else self._by_dot(new)
            self._known.update(zip(new, map(_read, answers), strict=True))
        return [self._known[text] for text in texts]

    def _ask(self, texts: list[str]) -> list[str]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(texts).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = b""
        if not answer:
            if not self._late and process.wait() == UNUSABLE:
                self.bundled = False
                return self._by_dot(texts)
            raise LayoutFailed(self._why())
        return [str(text) for text in json.loads(answer)]

    def _by_dot(self, texts: list[str]) -> list[str]:
        """Return the layouts by the program `dot`."""
        found = []
        for text in texts:
            left = self._until - monotonic()
            command = ["dot", "-Tplain"]
            try:
                done = subprocess.run(command, input=text.encode(), capture_output=True,
                                      timeout=max(left, 0.01), check=True)  # fmt: skip
            except OSError:  # it is not there, or cannot be run
                raise LayoutFailed(ABSENT) from None
            except subprocess.TimeoutExpired:
                raise LayoutFailed(_late(self.seconds)) from None
            except subprocess.CalledProcessError as error:
                why = f"Graphviz ended without a layout ({error.returncode})"
                raise LayoutFailed(why) from None
            found.append(done.stdout.decode())
        return found

    def _why(self) -> str:
        if self._late:
            return _late(self.seconds)
        return "Graphviz ended without a layout"

    def _stop(self) -> None:
        self._late = True
        if self._process is not None:
            self._kill(self._process)

    @staticmethod
    def _kill(process: subprocess.Popen[bytes]) -> None:
        """End the process and its children, such as `dot`."""
        with suppress(OSError):  # it has ended
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()


def _late(seconds: float) -> str:
    return f"the layout took more than {seconds:g} s: try --level with fewer cards, as network"


def _read(plain: str) -> GraphvizLayout:
    """Parse Graphviz's `plain` format, in pixels: 72 per inch."""
    nodes: dict[str, tuple[float, float]] = {}
    splines: dict[tuple[str, str], list[tuple[float, float]]] = {}
    width = height = 0.0
    for line in plain.replace("\\\n", "").splitlines():
        word, *rest = line.split()
        if word == "graph":
            width, height = 72 * float(rest[1]), 72 * float(rest[2])
        elif word == "node":
            nodes[rest[0]] = (72 * float(rest[1]), height - 72 * float(rest[2]))
        elif word == "edge":
            count = int(rest[2])
            numbers = [72 * float(number) for number in rest[3 : 3 + 2 * count]]
            points = [(x, height - y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            splines[rest[0], rest[1]] = points
    return GraphvizLayout(width, height, nodes, splines)
