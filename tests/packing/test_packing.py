"""Packed weights: what is kept, what a file holds, and what damage does."""

from __future__ import annotations

import json
import lzma
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import archdsl
from archdsl.analyses.memory import packed
from archdsl.packing import BITS, CorruptError, container, pack, prune, share, unpack
from archdsl.packing.container import LENGTH, MAGIC

STATE = {
    "conv.weight": torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(0)),
    "conv.bias": torch.arange(8.0) / 7,
    "half.weight": torch.linspace(-1, 1, 30, dtype=torch.float16).view(5, 6),
    "bn.num_batches_tracked": torch.tensor(12),
    "empty.weight": torch.zeros(0, 3),
    "zero.weight": torch.zeros(4, 4),
}


def test_pruning_keeps_the_largest_magnitudes() -> None:
    weight = torch.tensor([[0.1, -3.0], [2.0, -0.2]])
    assert prune(weight, 0.5).tolist() == [[0.0, -3.0], [2.0, 0.0]]
    assert prune(weight, 1.0).equal(weight)


def test_few_distinct_weights_are_kept_exactly() -> None:
    weight = torch.tensor([[0.5, -1.5, 0.0], [2.0, 0.5, 0.0]])
    assert share(weight, 2).tensor(torch.float32).equal(weight)


@pytest.mark.parametrize("bits", BITS)
def test_each_weight_has_the_nearest_of_the_values(bits: int) -> None:
    weight = prune(STATE["conv.weight"], 0.5)
    shared = share(weight, bits)
    assert len(shared.values) <= 2**bits - 1
    found, held = shared.tensor(torch.float32), weight != 0
    assert (found != 0).equal(held)
    distances = (weight[held][:, None] - shared.values[None]).abs()
    torch.testing.assert_close((found[held] - weight[held]).abs(), distances.min(1).values)


def test_more_bits_are_closer() -> None:
    weight = STATE["conv.weight"]
    errors = [float((share(weight, n).tensor(torch.float32) - weight).square().sum()) for n in BITS]
    assert errors == sorted(errors, reverse=True)


def test_a_file_keeps_names_shapes_types_and_what_is_not_shared() -> None:
    found = unpack(pack(STATE, 0.5, 4))
    assert list(found) == list(STATE)
    for name, tensor in STATE.items():
        assert (found[name].shape, found[name].dtype) == (tensor.shape, tensor.dtype)
        if tensor.dim() < 2 or "zero" in name:
            assert found[name].equal(tensor)
    assert int((found["conv.weight"] != 0).sum()) == 8 * 27 // 2


@settings(max_examples=40)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40), st.floats(0.01, 1))
def test_packed_again_weights_stay_as_they_are(numbers: list[float], density: float) -> None:
    weight = torch.tensor([numbers])
    found = unpack(pack({"w": weight}, density, 3))["w"]
    assert (found != 0).sum() <= round(density * len(numbers))
    assert unpack(pack({"w": found}, 1, 3))["w"].equal(found)


def test_squeezenet_takes_less_than_half_a_megabyte() -> None:
    """The paper's claim (Iandola et al. 2016, table 2): density 0.33, 6 bits, 0.47 MB."""
    net = archdsl.load("squeezenet1_0")
    torch.manual_seed(0)
    state = net.module().state_dict()
    data = pack(state, 0.33, 6)
    assert len(data) < 500_000
    assert len(data) < packed(net.ir, 0.33, 6) < 1.1 * len(data)


@pytest.mark.parametrize(
    ("density", "bits", "message"), [(0, 6, "density=0"), (1.1, 6, "density"), (0.5, 9, "bits=9")]
)
def test_wrong_options_are_refused(density: float, bits: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pack(STATE, density, bits)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="w has NaN or infinity"):
        pack({"w": torch.tensor([[1.0, wrong]])}, 1, 4)


def test_damage_is_found() -> None:
    """Each part has a checksum: no changed byte, and no other length, goes unnoticed."""
    data, rng = pack(STATE, 0.5, 4), random.Random(0)
    for _ in range(300):
        place = rng.randrange(len(data))
        damaged = [
            data[:place],
            data + data[place:],
            data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :],
        ]
        for each in damaged:
            with pytest.raises(CorruptError):
                unpack(each)


def test_a_small_file_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "SLACK", 1 << 12)
    count = 1 << 21
    header = {"tensors": [{"name": "w", "shape": [count], "dtype": "uint8"}]}
    parts = [lzma.compress(each) for each in (json.dumps(header).encode(), b"", bytes(count))]
    with pytest.raises(CorruptError, match="unpacks to too much"):
        unpack(MAGIC + b"".join(len(part).to_bytes(LENGTH, "little") + part for part in parts))
    with pytest.raises(ValueError, match="nearly all weights are equal"):
        pack({"w": torch.zeros(count, 1)}, 1, 2)


@pytest.mark.parametrize(
    "header",
    [
        [],
        {"tensors": [{"name": "w", "shape": [-1, 2], "dtype": "float32"}]},
        {"tensors": [{"name": "w", "shape": [10**15], "dtype": "float32"}]},
        {"tensors": [{"name": "w", "shape": [2], "dtype": "object"}]},
        {"tensors": [{"name": "w", "shape": [1, 1], "dtype": "float32", "values": 10**12}]},
        {"tensors": [{"name": "w", "shape": [0], "dtype": "float32"}]},
    ],
)
def test_a_header_that_lies_is_refused(header: object) -> None:
    parts = [lzma.compress(json.dumps(header).encode()), *[lzma.compress(b"abc")] * 2]
    data = MAGIC + b"".join(len(part).to_bytes(LENGTH, "little") + part for part in parts)
    with pytest.raises(CorruptError):
        unpack(data)
