"""What PyTorch holds, in bytes: storages alive between operations, and those kept for backward."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveStorages(TorchDispatchMode):
    """Counts the bytes of storages that operations have made and that are still alive."""

    def __init__(self, known: Iterable[Tensor]) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._seen = {tensor.untyped_storage()._cdata for tensor in known}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._meet(leaf.untyped_storage())
        return result

    def _meet(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._seen:
            return
        self._seen.add(key)
        self.live += size
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._leave, key, size)

    def _leave(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self.live -= size


def peak_beyond(run: Callable[[], object], known: Iterable[Tensor]) -> int:
    """The most that a run without gradients holds at once beyond what is known."""
    with torch.no_grad(), LiveStorages(known) as counted:
        run()
    return counted.peak


def kept_for_backward(run: Callable[[], object], weights: Iterable[Tensor]) -> int:
    """Bytes of the storages that autograd keeps of a run, each once, without the weights' own."""
    held, kept = kept_storages(run, weights)
    del held
    return sum(storage.nbytes() for storage in kept.values())


def kept_storages(
    run: Callable[[], object], weights: Iterable[Tensor]
) -> tuple[object, dict[int, torch.UntypedStorage]]:
    """The result of a run, and the storages that autograd keeps of it, by their address."""
    own = {tensor.untyped_storage()._cdata for tensor in weights}
    kept: dict[int, torch.UntypedStorage] = {}  # holds them: a freed one's place is taken anew

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            kept[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        return run(), kept
