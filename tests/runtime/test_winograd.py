"""Winograd's convolution: its algebra in double precision, and its results beside PyTorch's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from archdsl.runtime.cpu import winograd as support
from archdsl.runtime.cpu.packed import packed_convolution
from archdsl.runtime.cpu.winograd import (
    data_transform,
    filter_transform,
    inverse_transform,
    spans,
    tiled,
    untiled,
    winograd,
    winograd_pays,
)
from archdsl.runtime.weights.recipes import TrainedWeights
from tests.backends.torch.interpreter import graph_of as parsed
from tests.passes.engines import engine_of, patch_runtime, rewritten, trained

needs_onednn = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this PyTorch has no oneDNN"
)


def some(*shape: int, **options: Any) -> Tensor:
    made = torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), **options)
    return made.contiguous(memory_format=torch.channels_last) if len(shape) == 4 else made


def rounding(expected: Tensor, dtype: torch.dtype) -> float:
    """What rounding may change in a result of F(4x4, 3x3).

    A row of the inverse transform adds products by weights of 19 in all (0, 1, -1, 8, -8, 1), for
    each of two axes, so that it enlarges their rounding; and the products' own transforms round.
    """
    return 2 * 19**2 * torch.finfo(dtype).eps * float(expected.abs().max())


def test_products_at_six_points_are_four_results() -> None:
    x, weight = some(6, dtype=torch.float64), some(3, dtype=torch.float64)
    v, y = torch.empty(6, 1, dtype=torch.float64), torch.empty(4, 1, dtype=torch.float64)
    data_transform(x.view(6, 1).unbind(), v.unbind())
    inverse_transform((v * (support.FILTER @ weight).view(6, 1)).unbind(), y.unbind())
    torch.testing.assert_close(y[:, 0], x.unfold(0, 3, 1) @ weight, rtol=0, atol=1e-14)


def test_tiles_transformed_there_and_back_are_a_convolution() -> None:
    x, weight = some(2, 5, 14, 10, dtype=torch.float64), some(7, 5, 3, 3, dtype=torch.float64)
    bias = some(7, dtype=torch.float64)
    filters, spread = filter_transform(weight, bias)
    products = F.conv2d(tiled(x.permute(0, 2, 3, 1)), filters.weight, spread, groups=36)
    found = untiled(products.contiguous(memory_format=torch.channels_last), 2)
    expected = F.conv2d(x, weight, bias)
    found = found.permute(0, 3, 1, 2)
    torch.testing.assert_close(found, expected, rtol=0, atol=rounding(expected, x.dtype))


@needs_onednn
@pytest.mark.parametrize("near", [0, support.NEAR], ids=["row_by_row", "at_once"])
@pytest.mark.parametrize("size", [(1, 24, 14, 14), (3, 24, 21, 9), (2, 24, 4, 5)])
@pytest.mark.parametrize("padding", [(1, 1), (0, 0), (3, 2)])
def test_it_is_pytorchs_convolution(
    monkeypatch: pytest.MonkeyPatch,
    padding: tuple[int, int],
    size: tuple[int, ...],
    near: int,
) -> None:
    monkeypatch.setattr(support, "NEAR", near)
    x, weight, bias = some(*size), some(16, 24, 3, 3), some(16)
    plain = F.conv2d(x.double(), weight.double(), bias.double(), padding=padding)
    other = some(*plain.shape)
    most = rounding(plain, x.dtype)
    with torch.inference_mode():
        filters, spread = filter_transform(weight, bias)
        for added in (None, other):
            for relu in (False, True):
                expected = plain if added is None else plain + added
                expected = expected.relu() if relu else expected
                found = winograd(x, filters, spread, padding, added, relu)
                assert found.is_contiguous(memory_format=torch.channels_last)
                torch.testing.assert_close(found, expected, rtol=0, atol=most, check_dtype=False)
        unbiased, none = filter_transform(weight, None)
        found = winograd(x, unbiased, none, padding, None, False)
    expected = plain - bias.double().view(-1, 1, 1)
    torch.testing.assert_close(found, expected, rtol=0, atol=most, check_dtype=False)


@pytest.mark.parametrize(("extent", "most"), [(14, 4), (7, 7), (7, 100), (9, 1), (56, 0), (5, 2)])
def test_spans_are_of_one_size_and_leave_nothing_out(extent: int, most: int) -> None:
    found = spans(extent, most)
    assert {i for span in found for i in range(extent)[span]} == {*range(extent)}
    (size,) = {span.stop - span.start for span in found}
    assert size <= max(most, 1)
    assert found[-1].stop == extent


@needs_onednn
def test_sizes_of_one_layout_share_packed_weights() -> None:
    with torch.inference_mode():
        packed = packed_convolution(some(16, 24, 3, 3), ((1, 1), (1, 1), (1, 1)), 1)
        first = packed[torch.Size((1, 24, 14, 14))]
        assert packed[torch.Size((1, 24, 14, 14))] is first
        for height in range(1, 99, 7):
            packed[torch.Size((2, 24, height, 14))]
        torch.testing.assert_close(packed.dense(), some(16, 24, 3, 3), rtol=0, atol=0)
    assert len({id(tensor) for tensor in packed.sizes.values()}) < len(packed.sizes) == 15


def pays(batch: int, channels: int, size: int, **options: Any) -> bool:
    x = torch.empty(batch, channels, size, size, **options)
    return winograd_pays(x, (channels, channels, 3, 3), (1, 1))


def test_it_pays_for_many_channels_on_processors_with_wide_registers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capability, threads = ["AVX512"], [1]
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability[0])
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads[0])
    assert pays(1, 512, 28)
    assert not pays(1, 32, 56)  # what is moved grows with channels, what is saved with their square
    assert not pays(1, 512, 7)  # all weights for four tiles
    assert pays(16, 512, 7)
    assert not pays(0, 512, 28)
    assert not pays(1, 512, 28, dtype=torch.bfloat16)
    threads[0] = 64
    assert not pays(1, 512, 28)
    threads[0], capability[0] = 1, "AVX2"
    assert not pays(1, 512, 28)


SUMS = """
block unit { skip { conv(3x3, 16, bias=false) -> bn -> relu -> conv(3x3, 16) -> bn } -> relu }
network net { input 3x20x20
  conv(3x3, 16, pad=0) -> tanh -> unit -> unit -> avgpool(global) -> flatten -> linear(5) }
"""


@needs_onednn
def test_an_engine_transforms_weights_after_its_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = parsed(SUMS)
    model = trained(graph, torch.float32)
    made = engine_of(rewritten(graph), model)
    convolutions = [m for m in made.modules() if hasattr(m, "transformed")]
    assert len(convolutions) == 5
    patch_runtime(monkeypatch, made, winograd_pays=lambda x, *_: len(x) > 1)
    sizes = [2, 2, 1, 2, 3, 1, 2, 3]
    for number, batch in enumerate(sizes):
        x = some(batch, 3, 20, 20)
        with torch.no_grad():
            torch.testing.assert_close(made(x), model(x), rtol=1e-4, atol=1e-4)
        assert [c.transformed is not None for c in convolutions] == [number > 0] * 5
    made.load(TrainedWeights(model.state_dict(), made.device, made.dtype))
    made(x)
    assert all(c.transformed is None for c in convolutions)
