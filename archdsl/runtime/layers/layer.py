"""The base class of layers, and functions that several of them use."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import isfinite
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archdsl.runtime.cpu.packed import Packed
from archdsl.runtime.weights.recipes import TrainedWeights

Activation = Callable[[Tensor], Tensor]
Sizes = int | tuple[int, int]


class Layer(nn.Module):
    """A layer that uses `run` in its engine's first call and `fast_path` afterwards.

    Preparing the fast path takes longer than one call gains. Both are `plain`, PyTorch's
    operators, unless `prepare` finds something faster. `tensors` names the attributes that
    hold the weights: tensors, packed tensors, or None.
    """

    tensors: tuple[str, ...] = ()
    run: Callable[..., Tensor]
    fast_path: Callable[..., Tensor]
    plain: Callable[..., Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.run = self.fast_path = self.plain

    def load(self, trained: TrainedWeights) -> None:
        """Compute the weights from those of the trained network, and choose operators."""
        self.prepare(self.weights_from(trained), trained.device, trained.dtype)

    def weights_from(self, trained: TrainedWeights) -> dict[str, Tensor | None]:
        """Return the layer's own weights, by the names of `tensors`."""
        return {}

    def prepare(
        self,
        weights: dict[str, Tensor | None],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Take weights, and choose operators for a device and a type."""
        self.run = self.fast_path = self.plain
        for name, weight in weights.items():
            setattr(self, name, weight)

    def weights(self) -> dict[str, Tensor | None]:
        """Return the weights that the layer holds, unpacked."""
        held = {name: getattr(self, name) for name in self.tensors}
        return {
            name: value.dense() if isinstance(value, Packed) else value
            for name, value in held.items()
        }

    def use_fast_path(self) -> None:
        self.run = self.fast_path


def activated(x: Tensor, act: Activation | None) -> Tensor:
    """Apply an activation to a value that nothing else reads."""
    if act is F.relu:
        return x.relu_()
    return x if act is None else act(x)


def named(act: Activation | None) -> list[str]:
    """Describe an activation for `repr`."""
    return [] if act is None else [f"act={getattr(act, '__name__', act)}"]


# Whether layers use PyTorch's operators alone, which keep NaN and infinity: oneDNN's ReLU
# turns NaN into 0.
PLAIN = ContextVar("PLAIN", default=False)


@contextmanager
def plain_operators() -> Iterator[None]:
    """Restrict layers to PyTorch's operators."""
    before = PLAIN.set(True)
    try:
        yield
    finally:
        PLAIN.reset(before)


def plain_only() -> bool:
    """Whether layers must use PyTorch's operators: TorchScript traces no others."""
    tracing: Any = torch.jit
    return PLAIN.get() or bool(tracing.is_tracing())


def finite(values: Iterable[Tensor]) -> bool:
    """Whether no number is NaN or infinite; a sum that overflows counts as infinite."""
    wide = (x.sum(dtype=torch.promote_types(x.dtype, torch.float32)) for x in values)
    return all(map(isfinite, wide))


def pair(size: Sizes) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size
