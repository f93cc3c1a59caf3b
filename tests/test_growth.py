"""Every command's cost grows with the text times its expansion, counted in function calls.

A comprehension that scans a list is one call on some versions of Python, so such a scan can hide.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archdsl.cli.main import main

SIZES = (4, 40, 400)
SMALL_SIZES = (1, 10, 100)
LINEAR = (400 - 40) / (40 - 4)  # also of the small sizes
SLACK = 1.25  # for logarithms and tables that grow
COMMANDS = ("check", "summary", "memory", "profile --device a100", "compile --target inference")
# Commands that do more with what `check` and `compile` read, each on the corners that it walks.
OTHERS = ("layers of a repeat", "branches of a concat", "blocks", "outputs")
SEVERAL = ("networks", "variants")  # commands other than a check work on at most 100 of them


def network(body: str) -> str:
    return f"network n {{\n    input 8x8x8\n{body}\n}}\n"


def lines(count: int, line: Callable[[int], str]) -> str:
    return "\n".join(line(number) for number in range(count))


def listed(count: int, item: str) -> str:
    return ", ".join(map(item.format, range(count)))


CORNERS: dict[str, Callable[[int], str]] = {
    "layers of a repeat": lambda n: network(f"repeat {n} {{ conv(3x3, 8) -> relu }}"),
    "layers written out": lambda n: network(lines(n, lambda i: f"a{i}: conv(1x1, 8)")),
    "layers of a dense block": lambda n: network(f"dense {n} {{ conv(1x1, 2) }}"),
    "branches of a concat": lambda n: network(
        f"concat {{ {lines(n, lambda i: f'| conv(1x1, {1 + i % 3})')} }}"
    ),
    "skips": lambda n: network(f"repeat {n} {{ skip {{ conv(1x1, 8) -> bn }} }}"),
    "blocks": lambda n: (
        lines(n, lambda i: f"block b{i} {{ conv(1x1, 8) }}")
        + "\n"
        + network(" -> ".join(f"b{i}" for i in range(n)))
    ),
    "parameters of a block": lambda n: (
        f"block b({listed(n, 'p{0} = {0} + 1')}) {{ conv(1x1, [{listed(n, 'p{0}')}][1]) }}\n"
        + network("b -> b(p2=3)")
    ),
    "lists of references": lambda n: (
        "block pair(v) { add { | v[0] | v[1] } -> conv(1x1, 8) }\n"
        + network(
            "c0: conv(1x1, 8)\nc1: conv(1x1, 8)\n"
            f"repeat i in range(2, {n + 2}) {{ c{{i}}: pair([@c{{i - 2}}, @c{{i - 1}}]) }}"
        )
    ),
    "constants": lambda n: (
        lines(n, lambda i: f"let a{i} = {f'a{i - 1} + 1' if i else 1}")
        + "\n"
        + network(f"conv(1x1, a{n - 1})")
    ),
    "defaults": lambda n: (
        lines(n, lambda i: "default conv(bias=false)") + "\n" + network("conv(1x1, 8)")
    ),
    "facts": lambda n: network("conv(1x1, 8)\n" + lines(n, lambda i: "expect params > 1")),
    "networks": lambda n: lines(n, lambda i: f"network n{i} {{ input 3x8x8 -> conv(3x3, 8) }}"),
    "variants": lambda n: (
        "network n0(c = 8) { input 3x8x8 -> conv(3x3, c) }\n"
        + "".join(f"network n{i} = n0(c={i})\n" for i in range(1, n))
    ),
    "inputs": lambda n: (
        f"network n {{\n{lines(n, lambda i: f'input x{i} 3x4x4')}\n"
        f"concat {{ {lines(n, lambda i: f'| @x{i}')} }}\n}}\n"
    ),
    "outputs": lambda n: network(
        lines(n, lambda i: f"o{i}: conv(1x1, 8)")
        + "\noutput "
        + ", ".join(f"@o{i}" for i in range(n))
    ),
}


def calls(words: list[str]) -> int:
    """How many functions a command calls, those written in C included: the same on any machine."""
    count = 0

    def counted(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        code = main(words)
    finally:
        sys.setprofile(before)
    assert code == 0
    return count


@pytest.mark.parametrize(
    ("corner", "command"),
    [
        pytest.param(
            corner,
            command,
            marks=[]
            if corner in OTHERS or command.startswith(("check", "compile"))
            else pytest.mark.minutes,
        )
        for corner in CORNERS
        for command in COMMANDS
    ],
)
def test_a_tenfold_text_takes_at_most_tenfold_calls(
    corner: str, command: str, tmp_path: Path
) -> None:
    name, *options = command.split()
    if name == "compile":
        options += ["-o", str(tmp_path)]
    found = []
    for size in SMALL_SIZES if corner in SEVERAL and name != "check" else SIZES:
        path = tmp_path / f"{size}.arch"
        path.write_text(CORNERS[corner](size))
        words = [name, str(path), *options]
        if not found:
            calls(words)  # what is made once
        found.append(calls(words))
    small, middle, large = found
    assert large - middle <= SLACK * LINEAR * max(middle - small, 1000), found
