"""What an op computes, where its PyTorch form is ours or its text promises something."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from probe import Probe, mistakes, probe
from torch import Tensor

from archdsl.ops import OPS, Example


def both(text: str, inputs: str = "8x14x14") -> tuple[Probe, Tensor, Tensor]:
    """The probe, its one operand and the result."""
    made = probe(Example(text, inputs))
    (value,) = made.operands()
    return made, value, made.run()(value)


def test_layer_norm_of_an_image_is_over_its_channels() -> None:
    _, value, result = both("ln(eps=1e-6, affine=false)")
    variance, mean = torch.var_mean(value, 1, correction=0, keepdim=True)
    torch.testing.assert_close(result, (value - mean) / (variance + 1e-6).sqrt())


def test_uneven_padding_is_top_bottom_left_right() -> None:
    made, value, result = both("conv(3x3, 16, pad=[1, 2, 3, 0], /2)")
    weight, bias = made.module().state_dict().values()
    padded = torch.zeros(2, 8, 1 + 14 + 2, 3 + 14 + 0, dtype=value.dtype)
    padded[:, :, 1:15, 3:] = value
    torch.testing.assert_close(result, F.conv2d(padded, weight.double(), bias.double(), stride=2))


def test_pad_is_top_bottom_left_right() -> None:
    _, value, result = both("pad([0, 1, 2, 3])")
    assert torch.equal(result[:, :, :14, 2:16], value)
    assert result.sum() == pytest.approx(value.sum().item())


def test_added_channels_are_zero_and_last() -> None:
    _, value, result = both("pad_channels(16)")
    assert torch.equal(result[:, :8], value)
    assert not result[:, 8:].any()


def test_layer_scale_starts_with_its_number() -> None:
    _, value, result = both("layer_scale(0.125)")
    assert torch.equal(result, value * 0.125)


def test_scale_multiplies_by_its_number() -> None:
    made, value, result = both("scale(0.125)")
    assert torch.equal(result, value * 0.125)
    assert not made.module().state_dict()


def test_a_slice_stops_before_its_end() -> None:
    _, value, result = both("slice(2, 5)")
    assert torch.equal(result, value[:, 2:5])


def test_a_shuffle_deals_each_group_out() -> None:
    _, value, result = both("channel_shuffle(2)")
    assert torch.equal(result, value[:, [0, 4, 1, 5, 2, 6, 3, 7]])


def test_unshuffling_undoes_shuffling() -> None:
    _, value, result = both("pixel_unshuffle(3)", "2x6x9")
    shuffle = probe(Example("pixel_shuffle(3)", "18x2x3")).run()
    assert torch.equal(shuffle(result), value)


def test_reshape_keeps_the_order_of_flatten() -> None:
    _, value, result = both("reshape(8x3x2)", "48")
    assert torch.equal(result.flatten(1), value)


def test_padding_can_be_left_out_of_a_mean() -> None:
    _, value, result = both("avgpool(3x3, /1, pad=1, include_pad=false)")
    torch.testing.assert_close(result[:, :, 0, 0], value[:, :, :2, :2].mean((2, 3)))


@pytest.mark.parametrize(
    ("text", "shape", "code"),
    [
        ("conv(3x3, 8)", "5", "A304"),
        ("conv(5x5, 8, pad=0)", "3x4x9", "A303"),
        ("conv(3x3, 8, groups=3)", "9x5x5", "A306"),
        ("conv(3x3, 9, groups=3)", "8x5x5", "A306"),
        ("conv(2x2, 8)", "3x4x4", "A307"),
        ("maxpool(3x3, pad=2)", "3x9x9", "A308"),
        ("maxpool(3x3, pad=[0, 1, 0, 1])", "3x9x9", "A313"),
        ("deconv(2x2, 8, /2, output_pad=2)", "3x4x4", "A314"),
        ("deconv(1x1, 8, pad=2)", "3x4x4", "A312"),
        ("linear(3)", "3x4x4", "A305"),
        ("lrn(5)", "7", "A304"),
        ("gn(3)", "8x4x4", "A306"),
        ("instance_norm", "8x1x1", "A317"),
        ("slice(2, 2)", "8x4x4", "A309"),
        ("slice(2, 9)", "8x4x4", "A309"),
        ("reshape(8x4x5)", "8x4x4", "A315"),
        ("pad_channels(4)", "8x4x4", "A316"),
        ("pad_channels(4)", "8", "A316"),
        ("channel_shuffle(3)", "8x4x4", "A306"),
        ("pixel_shuffle(3)", "8x4x4", "A306"),
        ("pixel_unshuffle(3)", "8x6x4", "A319"),
        ("upsample(2, align_corners=true)", "8x6x4", "A318"),
        ("resize(2)", "8", "A304"),
        ("pad(1)", "8", "A304"),
    ],
)
def test_what_does_not_fit_is_rejected(text: str, shape: str, code: str) -> None:
    assert mistakes(Example(text, shape)) == [code]


def test_every_op_has_a_word_of_its_own() -> None:
    assert all(word == op.word for word, op in OPS.items())
    assert len({id(op) for op in OPS.values()}) == len(OPS)
