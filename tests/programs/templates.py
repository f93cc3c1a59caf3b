"""Blocks that fit any image: with parameters, defaults, recursion, and blocks as arguments."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.programs.layers import Shape


@dataclass(frozen=True)
class Called:
    """A call of a template: its text, the result's shape, the templates it needs, and the values
    inside it that a reference can name."""

    text: str
    shape: Shape
    needs: tuple[str, ...]
    inside: tuple[tuple[str, Shape], ...] = ()


TEMPLATES = {
    "pair": "block pair(c) { conv(3x3, c, bias=false) -> bn -> relu -> conv(1x1, c) }",
    "gate": """block gate { let c = in.channels
  mul { | identity | avgpool(global) -> conv(1x1, c) -> sigmoid } }""",
    "match": """block match(c, stride = 1) {
  if in.channels != c or stride != 1 { conv(1x1, c, /stride) -> bn } }""",
    "residual": """block residual(c, stride = 1) {
  skip downsample: match(c, stride) { conv(3x3, c, /stride) -> bn -> relu -> conv(3x3, c) -> bn }
  relu }""",
    "unit": """block unit(c, p, stride = 1) {
  skip match(c, stride) { conv(3x3, c, /stride) -> bn -> silu -> conv(3x3, c) -> drop_path(p) }
  relu }""",
    "tower": """block tower(n, c = 4) {
  if n == 1 { conv(3x3, c) -> relu } else { add { | conv(1x1, c) | tower(n - 1, c) -> relu } } }""",
    "fractal": """block fractal(n, c, drop = 0) {
  if n == 1 { conv(3x3, c) -> bn -> relu }
  else { join(drop=drop) {
    | conv(1x1, c) -> bn -> relu
    | fractal(n - 1, c) -> fractal(n - 1, c) } } }""",
    "grow": """block grow(n, k, act = relu) {
  dense n { bn -> act -> conv(1x1, 2 * k) -> conv(3x3, k) } }""",
    "uneven": """block uneven(widths, before) {
  dense i, c in widths { l: { conv(3x3, c) -> relu } -> @before -> conv(1x1, c) } }""",
    "twice": "block twice(piece) { first: piece -> relu -> second: piece }",
    "count": """block count(n, c) {
  if n > 0 { add { | identity | conv(3x3, in.channels) -> relu } -> count(n - 1, c) }
  else { conv(1x1, c) } }""",
    "two": """block two(c) {
  low: conv(3x3, c) -> relu
  mid: { conv(3x3, c + 1) -> bn -> tail: relu }
  concat { | identity | @low } }""",
    "cell": """block cell(values, c) {
  left: { values[0] -> conv(1x1, c) -> bn }
  values[len(values) - 1] -> right: conv(3x3, c)
  add { | relu | @left } }""",
}


def template(rng: random.Random, shape: Shape, width: tuple[str, int], rate: float) -> Called:
    """A call that fits an image of this shape; `width` is a number of channels."""
    text, c = width
    channels, height, ends = shape
    stride = rng.choice([1, 1, 2])
    halved = tuple((n - 1) // stride + 1 for n in (height, ends))
    n, k = rng.randint(1, 3), rng.randint(1, 3)
    more = f", stride={stride}" if stride > 1 else rng.choice(["", ", 1"])
    choices: list[Callable[[], Called]] = [
        lambda: Called(f"pair({text})", (c, height, ends), ("pair",)),
        lambda: Called("gate", shape, ("gate",)),
        lambda: Called(f"match({text}{more})", (c, *halved), ("match",)),
        lambda: Called(f"residual({text}{more})", (c, *halved), ("match", "residual")),
        lambda: Called(f"unit({text}, {rate}{more})", (c, *halved), ("match", "unit")),
        lambda: Called(f"tower({n}, c={text})", (c, height, ends), ("tower",)),
        lambda: Called(f"tower({n})", (4, height, ends), ("tower",)),
        lambda: Called(f"fractal({n}, {text})", (c, height, ends), ("fractal",)),
        lambda: Called(f"grow({n}, {k})", (channels + n * k, height, ends), ("grow",)),
        lambda: Called(f"grow({n}, {k}, act=tanh)", (channels + n * k, height, ends), ("grow",)),
        lambda: Called(f"twice(pair({text}))", (c, height, ends), ("pair", "twice")),
        lambda: Called("twice(gate)", shape, ("gate", "twice")),
        lambda: Called(f"twice(conv(3x3, {text}))", (c, height, ends), ("twice",)),
        lambda: Called(f"count({n - 1}, {text})", (c, height, ends), ("count",)),
        lambda: Called(
            f"two({text})",
            (2 * c + 1, height, ends),
            ("two",),
            (("low", (c, height, ends)), ("mid", (c + 1, height, ends))),
        ),
    ]
    return rng.choice(choices)()
