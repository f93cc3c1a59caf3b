"""An engine's network as TorchScript, whose operators oneDNN sets up once."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class Script:
    """A network as TorchScript for inputs of one size, compiled when it is called first.

    PyTorch's operators set oneDNN up at every call, which takes 20 us. In TorchScript they
    become graphs of oneDNN's, which are set up once, and have layouts in common. TorchScript is
    deprecated: where it is gone, a call fails.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.compiled: Callable[..., Tensor] | None = None

    def __call__(self, *inputs: Tensor) -> Tensor:
        if self.compiled is None:
            self.compiled = self.compile(inputs)
        return self.compiled(*inputs)

    def compile(self, inputs: tuple[Tensor, ...]) -> Callable[..., Tensor]:
        torchscript: Any = torch._C  # `torch.jit.trace` keeps weights for ever
        with onednn_graphs(), warnings.catch_warnings():
            # Of sizes that become constants; there is a script for each.
            warnings.simplefilter("ignore")
            with unpacked(self.network), Spelled():
                given = (self.network.forward, inputs, lambda value: "", True, True)
                graph, _ = torchscript._create_graph_by_tracing(*given)
            unit = torchscript.CompilationUnit()
            compiled: Callable[..., Tensor] = unit.create_function("run", graph, True)
            for _ in range(2):  # it looks at what comes, then fuses
                compiled(*inputs)
        return compiled


class Spelled(TorchFunctionMode):
    """Writes out what oneDNN's graphs do not take otherwise."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        named = dict(kwargs or {})
        if func is torch.clamp and isinstance(args[-1], Tensor):  # a bound a channel
            x, low, high = args
            return torch.minimum(torch.maximum(x, low), high)
        if func is F.avg_pool2d and len(args) == 2 and "stride" not in named:
            named["stride"] = args[1]
        return func(*args, **named)


@contextmanager
def unpacked(network: nn.Module) -> Iterator[None]:
    """Layers also have their weights as they were given: TorchScript takes no packed ones."""
    weights: Any = [m.packed for m in network.modules() if hasattr(m, "packed")]
    for weight in weights:
        weight.unpacked = weight.dense()
    try:
        yield
    finally:
        for weight in weights:
            weight.unpacked = None


@contextmanager
def onednn_graphs() -> Iterator[None]:
    """What TorchScript compiles here may become graphs of oneDNN's."""
    fusion: Any = torch.jit
    before = fusion.onednn_fusion_enabled()
    fusion.enable_onednn_fusion(True)
    try:
        yield
    finally:
        fusion.enable_onednn_fusion(before)
