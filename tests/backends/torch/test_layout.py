"""Generated lines are broken as `ruff format` would break them: held against the real ruff."""

from __future__ import annotations

import subprocess
import sys

import pytest

from archdsl.backends.torch.layout import (
    Atom,
    CallOf,
    Choice,
    Infix,
    Keyword,
    ListOf,
    Repeated,
    laid_out,
)

NAMES = [Atom(f"argument_number_{i}") for i in range(12)]


def formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "expression",
    [
        CallOf("nn.Conv2d", (Atom("3"), Atom("64"), Keyword("stride", Atom("2")))),
        CallOf("function", tuple(NAMES[:3])),
        CallOf("function", tuple(NAMES[:4])),
        CallOf("function", tuple(NAMES)),
        CallOf("outer", (CallOf("inner", tuple(NAMES[:4])),)),
        CallOf("outer", (CallOf("inner", tuple(NAMES)), Atom("last"))),
        CallOf("torch.cat", (ListOf(tuple(NAMES[:6])), Atom("1"))),
        CallOf(
            "nn.Sequential", (Atom("first"), Repeated(CallOf("Block", tuple(NAMES[:2])), "_", "3"))
        ),
        CallOf("nn.Sequential", (Repeated(CallOf("Block", tuple(NAMES[:3])), "i", "36"),)),
        CallOf("nn.Sequential", (Repeated(CallOf("Block", tuple(NAMES[:8])), "i", "36"),)),
        Choice(CallOf("Project", tuple(NAMES[:2])), "downsample", "nn.Identity()"),
        Choice(CallOf("Project", tuple(NAMES[:3])), "downsample", "nn.Identity()"),
        Infix("+", tuple(NAMES[:3])),
        Infix("+", tuple(NAMES[:6])),
        Keyword("key", CallOf("function", tuple(NAMES[:6]))),
    ],
    ids=lambda expression: expression.flat()[:40],
)
def test_lines_are_broken_as_ruff_breaks_them(expression: object) -> None:
    if isinstance(expression, Keyword):
        expression = CallOf("call", (expression,))
    lines = laid_out("self.attribute = ", expression)  # type: ignore[arg-type]
    text = "\n".join(["class A:", "    def f(self):", *lines, ""])
    assert formatted(text) == text
