"""The file: a header as JSON, codes, and the numbers of all other tensors, each compressed.

Nothing in it is executed, and a part cannot unpack to more than `MOST_TIMES` the file's size.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from archdsl.packing.sharing import BITS, Shared, prune, share

MAGIC = b"archpack\x01"
MOST_TIMES = 1_000  # the bytes of the file, that a part has unpacked
SLACK = 1 << 24  # bytes more, for small files
LENGTH = 8  # bytes of a part's length
MOST_DICTIONARY = 1 << 27  # bytes that decompressing needs beside its result
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float32, torch.float64, torch.float16, torch.bfloat16,
        torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
    )
}  # fmt: skip
# Codes have no order of bytes to find: each is coded by its frequency so far.
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 0, "lp": 0, "pb": 0}]


class CorruptError(ValueError):
    """Raised for a file that is not one of `pack`, or is damaged."""


def pack(state: Mapping[str, Tensor], density: float, bits: int, network: str = "") -> bytes:
    """Return a state_dict as the content of a small file.

    Of every floating-point tensor with two or more dimensions a share of `density` is kept, in at
    most 2 ** bits - 1 distinct values; other tensors are kept exactly. Raises ValueError unless
    0 < density <= 1 and 2 <= bits <= 8, and for tensors with NaN or infinity.
    """
    if not 0 < density <= 1:
        raise ValueError(f"density={density}: write a number above 0, up to 1")
    if bits not in BITS:
        raise ValueError(f"bits={bits}: write a number from {BITS[0]} to {BITS[-1]}")
    entries: list[dict[str, Any]] = []
    codes, plain = bytearray(), bytearray()
    for name, tensor in state.items():
        tensor = tensor.detach().cpu()
        entry: dict[str, Any] = {
            "name": name,
            "shape": list(tensor.shape),
            "dtype": _word(name, tensor.dtype),
        }
        if tensor.is_floating_point() and tensor.dim() > 1:
            if not tensor.isfinite().all():
                raise ValueError(f"{name} has NaN or infinity")
            shared = share(prune(tensor, density), bits)
            entry["values"] = len(shared.values)
            codes += _bytes(shared.codes)
            plain += _bytes(shared.values)
        else:
            plain += _bytes(tensor)
        entries.append(entry)
    header = json.dumps({"network": network, "tensors": entries}).encode()
    parts = [lzma.compress(header), lzma.compress(codes, filters=FILTERS), lzma.compress(plain)]
    if max(map(len, (header, codes, plain))) > _most(sum(map(len, parts))):
        raise ValueError("nearly all weights are equal: a file of them would be refused")
    return MAGIC + b"".join(len(part).to_bytes(LENGTH, "little") + part for part in parts)


def read(path: Path) -> bytes:
    """Return the content of a file of `pack`; only the beginning of any other file is read."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
        return head + (file.read() if head == MAGIC else b"")


def unpack(data: bytes) -> dict[str, Tensor]:
    """Return the state_dict in the content of a file. Raises `CorruptError` if there is none."""
    header, codes, plain = _parts(data)
    state: dict[str, Tensor] = {}
    try:
        entries = json.loads(bytes(header))["tensors"]
        for entry in entries:
            shape, dtype = tuple(map(int, entry["shape"])), DTYPES[entry["dtype"]]
            if "values" in entry:
                values, plain = _read(plain, (int(entry["values"]),), torch.float32)
                read, codes = _read(codes, shape, torch.uint8)
                state[entry["name"]] = Shared(read, values).tensor(dtype)
            else:
                state[entry["name"]], plain = _read(plain, shape, dtype)
    except (KeyError, TypeError, ValueError, IndexError, RecursionError) as error:
        raise CorruptError(f"it is damaged: {error}") from None
    if codes or plain:
        raise CorruptError("it is damaged: it has more numbers than its tensors")
    return state


def _parts(data: bytes) -> Iterator[memoryview]:
    if not data.startswith(MAGIC):
        raise CorruptError("it was not written by `archdsl pack`")
    position = len(MAGIC)
    for _ in range(3):
        start = position + LENGTH
        position = start + int.from_bytes(data[position:start], "little")
        yield memoryview(_decompressed(data[start:position], _most(len(data))))
    if position != len(data):
        raise CorruptError("it is damaged: it is longer or shorter than it says")


def _most(size: int) -> int:
    """The most bytes that a part of a file of some size may unpack to."""
    return MOST_TIMES * size + SLACK


def _decompressed(part: bytes, most: int) -> bytes:
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_DICTIONARY)
    try:
        found = decompressor.decompress(part, most)
    except lzma.LZMAError as error:
        raise CorruptError(f"it is damaged: {error}") from None
    if not decompressor.eof:
        raise CorruptError("it is damaged: a part of it has no end, or unpacks to too much")
    return found


def _read(
    data: memoryview, shape: tuple[int, ...], dtype: torch.dtype
) -> tuple[Tensor, memoryview]:
    """Return the tensor at the start of the data, and what follows."""
    count = prod(shape) * dtype.itemsize
    if min(shape, default=1) < 0 or count > len(data):
        raise ValueError("it has fewer numbers than its tensors")
    flat = torch.frombuffer(bytearray(data[:count]), dtype=dtype) if count else torch.empty(0)
    return flat.to(dtype).view(shape), data[count:]


def _bytes(tensor: Tensor) -> bytes:
    return bytes(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)


def _word(name: str, dtype: torch.dtype) -> str:
    word = str(dtype).removeprefix("torch.")
    if word not in DTYPES:
        raise ValueError(f"{name} is of type {word}: there are {', '.join(DTYPES)}")
    return word
