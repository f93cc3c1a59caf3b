"""What an op says that its outputs read is what they have gradients for, op by op."""

from __future__ import annotations

from operator import lt

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from archdsl.ops import Example, Op, Shape
from archdsl.ops.input_windows import GLOBAL, Window, along_axes
from archdsl.ops.pool import AdaptiveAvgPool
from archdsl.ops.resize import Resize
from archdsl.ops.values import Size
from tests.ops.probe import EXAMPLES, NAMES, evaluate, probe

BATCH = 24  # random images: a maximum is under each position of a window in one of them
FAINT = 1e-9


def read(window: Window, output: int, extent: int) -> set[int]:
    """The positions of an axis that a window says an output reads; padding is not among them."""
    if window == GLOBAL:
        return set(range(extent))
    turn, phase = divmod(output, len(window.reads))
    return {t + turn * window.jump for t in window.reads[phase]} & set(range(extent))


def axes_read(op: Op, source: Shape, output: Shape, at: tuple[int, ...]) -> list[set[int]]:
    """The positions of each axis of an operand that an output at a place depends on."""
    if op.sees_all:
        return [set(range(extent)) for extent in source[1:]]
    windows = along_axes(op.windows(source, output), len(at))
    return [read(w, p, n) for w, p, n in zip(windows, at, source[1:], strict=True)]


def gradients(output: Tensor, at: tuple[int, ...], operands: list[Tensor]) -> list[list[set[int]]]:
    """The positions of each axis of each operand with a gradient from an output at a place."""
    values = output[(slice(None), slice(None), *at)]
    mix = torch.linspace(1, 2, values.shape[1], dtype=values.dtype)
    found = torch.autograd.grad((values * mix).sum(), operands, retain_graph=True)
    strong = [(gradient.abs().amax((0, 1)) > FAINT) for gradient in found]
    axes = range(len(at))
    return [[{place[i] for place in s.nonzero().tolist()} for i in axes] for s in strong]


def places(shape: Shape) -> list[tuple[int, ...]]:
    """Corners, and a run of neighbours in the middle."""
    first, *others = extent = shape[1:]
    middle = [tuple(n // 2 + i for n in extent) for i in range(4)]
    inside = [place for place in middle if all(map(lt, place, extent))]
    far = [n - 1 for n in others]
    return [(0,) * len(extent), (first - 1, *far), (0, *far), *inside]


@pytest.mark.parametrize(("_", "example"), EXAMPLES, ids=NAMES)
def test_an_op_reads_what_its_windows_say(_: object, example: Example) -> None:
    found = probe(example)
    shapes = found.graph.operands(found.node)
    if len({len(shape) for shape in (*shapes, found.node.shape)} - {1}) != 1:
        return
    if any(len(shape) == 1 for shape in (*shapes, found.node.shape)):
        return  # a flat value has no positions
    made = torch.Generator().manual_seed(0)
    operands = [
        torch.randn(BATCH, *s, generator=made, dtype=torch.float64, requires_grad=True)
        for s in shapes
    ]
    output = found.run()(*operands)
    for at in places(found.node.shape):
        seen = gradients(output, at, operands)
        stated = [axes_read(found.op, shape, found.node.shape, at) for shape in shapes]
        stated = [axes if all(axes) else [set() for _ in axes] for axes in stated]
        if example.text.startswith("reshape"):  # what mixes rows with channels counts as global
            assert [
                s[i] <= w[i] for s, w in zip(seen, stated, strict=True) for i in range(len(at))
            ], at
        else:
            assert seen == stated, at


EXTENTS = st.integers(1, 40)


@given(EXTENTS, EXTENTS, st.sampled_from(["bilinear", "bicubic"]), st.booleans())
def test_an_interpolation_reads_what_its_window_says(
    extent: int, positions: int, mode: str, corners: bool
) -> None:
    agrees(Resize(Size((positions, positions)), mode, corners), extent)


@given(EXTENTS, EXTENTS)
def test_an_adaptive_pool_reads_what_its_window_says(extent: int, cells: int) -> None:
    agrees(AdaptiveAvgPool(Size((cells, cells))), extent)


def agrees(op: Op, extent: int) -> None:
    """Every output of an op on a square image reads what it says."""
    image = torch.randn(1, 1, extent, extent, dtype=torch.float64, requires_grad=True)
    form = op.torch(((1, extent, extent),), False)
    assert form.module is not None
    output = evaluate(form.module, form.support)(image)
    shape = tuple(output.shape[1:])
    for place in range(shape[1]):
        stated = axes_read(op, (1, extent, extent), shape, (place, place))
        assert gradients(output, (place, place), [image]) == [stated], place
