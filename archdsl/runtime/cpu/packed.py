"""Weights in the layouts of oneDNN."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from archdsl.runtime.bounded import Bounded

ANY = torch.Size()
Window = tuple[tuple[int, int], ...]  # padding, stride and dilation
# Sizes of inputs for which a layer keeps its weights packed.
PACKED_SIZES = 32


class Packed:
    """A layer's weights, and their layouts that oneDNN wants for inputs of some sizes.

    Sizes that want one layout share it. Weights in another one are reordered at every
    call.
    """

    def __init__(
        self, weight: Tensor, reorder: Callable[[Tensor, torch.Size], Tensor]
    ) -> None:
        self.weight = weight
        self.shape = weight.shape
        self.reorder = reorder
        self.unpacked: Tensor | None = None  # kept while TorchScript traces
        self.sizes: Bounded[torch.Size, Tensor] = Bounded(PACKED_SIZES)

    def __getitem__(self, size: torch.Size) -> Tensor:
        if size not in self.sizes:
            new = self.reorder(self.dense(), size)
            layout = layout_of(new)
            alike = (x for x in self.sizes.values() if layout_of(x) == layout)
            self.weight = self.sizes[size] = next(alike, new)
        return self.sizes[size]

    def dense(self) -> Tensor:
        """Return the weights in PyTorch's own layout."""
        if self.unpacked is not None:
            return self.unpacked
        return self.weight.to_dense() if self.weight.is_mkldnn else self.weight


def layout_of(weight: Tensor) -> list[int]:
    """Return oneDNN's description of a layout, as bytes."""
    described: list[int] = torch.ops.mkldnn._get_mkldnn_serialized_md(weight).tolist()
    return described


def packed_convolution(weight: Tensor, window: Window, groups: int) -> Packed:
    """Pack the weights of a convolution for images of each size."""
    reorder: Any = torch.ops.mkldnn._reorder_convolution_weight
    return Packed(weight, lambda dense, size: reorder(dense, *window, groups, size))


def packed_linear(weight: Tensor) -> Packed:
    """Pack the weights of a fully connected layer for several rows.

    That layout is faster for one row, too.
    """
    reorder: Any = torch.ops.mkldnn._reorder_linear_weight
    return Packed(weight, lambda dense, _: reorder(dense, 8))
