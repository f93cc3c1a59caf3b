"""Random networks of blocks whose numbers are expressions in their parameters."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

PROJECT = """block project(channels, stride) {
  if in.channels != channels or stride != 1 { conv(1x1, channels, /stride) -> bn }
}"""
WIDTHS = (2, 3, 4, 6, 8)


def expressions(rng: random.Random) -> str:
    """A network of a few blocks, each called more than once with other numbers."""
    names = [f"b{number}" for number in range(rng.randint(1, 3))]
    blocks: list[str] = [PROJECT]
    for position, name in enumerate(names):
        blocks.append(_block(rng, name, names[:position]))
    calls = [_call(rng, rng.choice(names), _numbers(rng)) for _ in range(rng.randint(2, 6))]
    calls += [_call(rng, names[-1], _numbers(rng))]
    body = "\n  ".join(_labelled(rng, calls))
    classes = "fc: linear(classes)\n}"
    head = "network net(w = 4, p = 0.5, classes = 5) {\n  input 4x8x8\n  "
    tail = f"\n  conv(3x3, {rng.choice(['w', '2 * w', 'w + 1'])}) -> dropout(p)"
    return "\n".join([*blocks, f"{head}{body}{tail}\n  avgpool(global) -> flatten\n  {classes}"])


def _labelled(rng: random.Random, calls: Sequence[str]) -> list[str]:
    """Calls one after another, some of them repeated under a label."""
    found = []
    for number, call in enumerate(calls):
        kind = rng.random()
        if kind < 0.2:
            found.append(f"l{number}: repeat i in range({rng.randint(2, 4)}) {{ {call} }}")
        else:
            found.append(f"l{number}: {call}" if kind < 0.5 else call)
    return found


def _numbers(rng: random.Random) -> tuple[str, ...]:
    """What a network's call passes: numbers, or expressions in its own parameters."""
    return (*map(str, WIDTHS), *map(str, WIDTHS), "w", "2 * w", "w + 2")


def _call(rng: random.Random, name: str, numbers: Sequence[str]) -> str:
    stride = rng.choice(["", "", ", s=1", ", s=2"])
    return f"{name}({rng.choice(numbers)}, {rng.choice(numbers)}, {rng.choice('123')}{stride})"


def _block(rng: random.Random, name: str, earlier: Sequence[str]) -> str:
    """A block of widths `a` and `b`, a count `n`, and a stride `s`."""
    forms: list[Callable[[random.Random, Sequence[str]], str]]
    forms = [_conv, _conv, _conv, _skip, _concat, _repeat, _dense, _gate, _choice, _grouped]
    items = [rng.choice(forms)(rng, earlier) for _ in range(rng.randint(1, 4))]
    if earlier and rng.random() < 0.5:
        items.append(_call(rng, rng.choice(earlier), [_width(rng) for _ in range(3)]))
    text = "\n  ".join(items)
    lets = f"let inner = {_width(rng)}\n  " if rng.random() < 0.5 else ""
    if lets:
        text += "\n  conv(1x1, inner) -> bn"
    last = "conv(3x3, a, /s) -> relu\n  if b > n { conv(1x1, b) }"
    return f"# A block.\nblock {name}(a, b, n, s = 1) {{\n  {lets}{text}\n  {last}\n}}"


def _width(rng: random.Random) -> str:
    """A number of channels, from the parameters of the block and from what flows in."""
    forms = ["a", "b", "2 * a", "a + b", "a * b // 2 + 1", "max(a, b)", "in.channels", "n * a"]
    forms += [
        "in.channels // 2 + a",
        "a if s == 1 else b",
        "(a + n) // 2 * 2",
        "4 * b",
        "a * n + b",
    ]
    return rng.choice(forms)


def _conv(rng: random.Random, earlier: Sequence[str]) -> str:
    kernel = rng.choice(["1x1", "3x3", "2 * n - 1"])
    after = rng.choice(["", " -> bn", " -> relu", " -> bn -> relu", " -> dropout(1 / (n + 1))"])
    return f"conv({kernel}, {_width(rng)}{rng.choice(['', ', bias=false'])}){after}"


def _grouped(rng: random.Random, earlier: Sequence[str]) -> str:
    return f"conv(1x1, {_width(rng)} * n) -> conv(3x3, {rng.choice('ab')} * n, groups=n)"


def _skip(rng: random.Random, earlier: Sequence[str]) -> str:
    width = rng.choice(["a", "b", "a + b", "4 * a"])
    inside = f"conv(3x3, {_width(rng)}, /s) -> bn -> relu -> conv(1x1, {width})"
    return f"skip project({width}, s) {{ {inside} }} -> relu"


def _concat(rng: random.Random, earlier: Sequence[str]) -> str:
    return f"concat {{ | conv(1x1, {_width(rng)}) | conv(3x3, {_width(rng)}) -> bn | identity }}"


def _repeat(rng: random.Random, earlier: Sequence[str]) -> str:
    body = rng.choice(["conv(3x3, a + i)", "conv(3x3, b) -> bn", "conv(1x1, in.channels + n)"])
    label = rng.choice(["", f"r{rng.randint(0, 99)}: "])
    return f"{label}repeat i in range(n) {{ {body} }}"


def _dense(rng: random.Random, earlier: Sequence[str]) -> str:
    return f"dense i in range(n) {{ bn -> relu -> conv(3x3, {rng.choice('ab')}) }}"


def _gate(rng: random.Random, earlier: Sequence[str]) -> str:
    inside = f"avgpool(global) -> conv(1x1, {_width(rng)}) -> relu -> conv(1x1, a) -> sigmoid"
    return f"conv(1x1, a) -> mul {{ | identity | {inside} }}"


def _choice(rng: random.Random, earlier: Sequence[str]) -> str:
    condition = rng.choice(["a > b", "in.channels == a", "n > 1", "s == 1 and a != b"])
    return f"if {condition} {{ conv(3x3, {_width(rng)}) -> bn }} else {{ conv(1x1, b) -> relu }}"


ACTS = ("relu", "hardswish", "sigmoid", "silu")


def conditions(rng: random.Random) -> str:
    """A network of a block whose layers conditions choose, called with many outcomes of them."""
    layers = ["conv(3x3, b, /s) -> bn -> act -> dropout(1 / (n + 1))"]
    if rng.random() < 0.7:
        condition = rng.choice(["b != in.channels", "n != 1", "flag"])
        layers.insert(0, f"if {condition} {{ conv(1x1, b){rng.choice([' -> bn', ''])} -> act }}")
    for _ in range(rng.randint(0, 2)):
        layers.insert(rng.randint(0, len(layers)), _optional(rng))
    body = "\n    ".join([*layers, "conv(1x1, a) -> bn"])
    kind = rng.random()
    if kind < 0.4:
        body = f"skip if s == 1 and in.channels == a {{\n    body: {{\n    {body}\n    }}\n  }}"
    elif kind < 0.6:
        body = f"body: {{\n    {body}\n  }}"
    named = "a, b, n, flag, act, s = 1"
    block = f"# A block.\nblock unit({named}) {{\n  {body}\n  if flag {{ relu }}\n}}"
    calls = [_unit(rng) for _ in range(rng.randint(4, 9))]
    lines = "\n  ".join(calls)
    end = "avgpool(global) -> conv(1x1, w) -> flatten -> fc: linear(classes)"
    return f"{block}\nnetwork net(w = 4, classes = 5) {{\n  input 4x8x8\n  {lines}\n  {end}\n}}"


def _optional(rng: random.Random) -> str:
    """A layer that a condition chooses, or one of two."""
    condition = rng.choice(["flag", "n > 1", "b > a", "a == b", "s == 2 or flag"])
    if rng.random() < 0.3:
        return f"if {condition} {{ conv(3x3, b) -> bn }} else {{ conv(1x1, b, bias=false) }}"
    width = rng.choice(["in.channels", "in.channels", "b", "a"])
    return f"if {condition} {{ conv(3x3, {width}) -> {rng.choice(['act', 'relu', 'bn'])} }}"


def _unit(rng: random.Random) -> str:
    act, flag = rng.choice(ACTS[: rng.choice([1, 4])]), rng.choice(["true", "false"])
    widths = f"{rng.choice([4, 4, 'w', 6])}, {rng.choice([4, 6, 8, '2 * w'])}"
    return f"unit({widths}, {rng.randint(1, 2)}, {flag}, {act}, {rng.choice([1, 1, 2])})"
