"""Batches of images: their layout, and how they are computed in parts."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from archdsl.runtime.replay.operations import leaves


def placed(x: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return images in an engine's type and layout, channels_last, on its device."""
    x = x.detach().to(device, dtype)
    rows = x.permute(0, 2, 3, 1) if x.dim() == 4 else x
    rows = rows.contiguous()
    # A batch of one image may have any stride, and graphs are compiled for one.
    rows = rows.flatten().view(rows.shape)
    return rows.permute(0, 3, 1, 2) if x.dim() == 4 else rows


def noise(
    shapes: Sequence[Sequence[int]], device: torch.device, dtype: torch.dtype
) -> list[Tensor]:
    """Return random images of some shapes; PyTorch's random numbers stay as they are."""
    random = torch.Generator()
    made = [torch.randn(*shape, generator=random) for shape in shapes]
    return [placed(x, device, dtype) for x in made]


def in_parts(compute: Callable[..., Any], count: int, *images: Tensor) -> Any:
    """Compute images in a number of parts that are as even as possible."""
    if count < 2:
        return compute(*images)
    slices = [torch.tensor_split(x, count) for x in images]
    results = [compute(*part) for part in zip(*slices, strict=True)]
    if isinstance(results[0], Tensor):
        return torch.cat(results)
    return tuple(map(torch.cat, zip(*results, strict=True)))


def ordinary(result: Any) -> Any:
    """Copy results of inference mode to tensors that autograd and in-place ops accept."""
    if torch.is_inference_mode_enabled():  # the caller's own
        return result
    if isinstance(result, Tensor):
        return result.clone()
    return tuple(x.clone() for x in leaves(result, Tensor))


def keep_memory() -> None:
    """Make the allocator keep freed memory for the next value instead of returning it.

    glibc returns it, and pays for every page when it takes it again, until a block of
    nearly 32 MiB was freed; then it keeps twice as much.
    """
    torch.empty(31 << 20, dtype=torch.uint8)
