"""Graphs of oneDNN's operators, which TorchScript makes of a network."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary


class OnednnGraphs:
    """A network as TorchScript for inputs of one size, compiled in the first call.

    PyTorch's operators set oneDNN up in every call, which takes 20 us. In TorchScript they
    become graphs of oneDNN's, which are set up once and share layouts. TorchScript is
    deprecated: where PyTorch no longer has it, a call fails.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.compiled: Callable[..., Tensor] | None = None

    def __call__(self, *inputs: Tensor) -> Tensor:
        if self.compiled is None:
            self.compiled = self.compile(inputs)
        return self.compiled(*inputs)

    def compile(self, inputs: tuple[Tensor, ...]) -> Callable[..., Tensor]:
        torchscript: Any = torch._C  # `torch.jit.trace` keeps weights forever
        with onednn_graphs(), warnings.catch_warnings():
            # Warnings about sizes that become constants: there is a script for each size.
            warnings.simplefilter("ignore")
            with unpacked(self.network), Rewriting():
                given = (self.network.forward, inputs, lambda value: "", True, True)
                graph, _ = torchscript._create_graph_by_tracing(*given)
            unit = torchscript.CompilationUnit()
            compiled: Callable[..., Tensor] = unit.create_function("run", graph, True)
            for _ in range(2):  # the first call profiles, the second fuses
                compiled(*inputs)
        return compiled


class Rewriting(TorchFunctionMode):
    """Replace operators that oneDNN's graphs lack, or compute more slowly.

    A 1x1 convolution of a concatenation becomes a sum of convolutions of its two parts, and
    a max pool of it two max pools. TorchScript drops a concatenation that nothing reads.
    """

    def __init__(self) -> None:
        super().__init__()
        self.parts: Any = WeakTensorKeyDictionary()  # of concatenated values

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        named = dict(kwargs or {})
        if func is torch.clamp and isinstance(
            args[-1], Tensor
        ):  # one bound per channel
            value, low, high = args
            return torch.minimum(torch.maximum(value, low), high)
        if func is F.avg_pool2d and len(args) == 2 and "stride" not in named:
            named["stride"] = args[1]
        x = args[0] if args else None
        parts = self.parts.get(x) if isinstance(x, Tensor) else None
        if func is F.conv2d and parts and pointwise(*args[:2]):
            return added(parts, *args[1:])
        result = func(*args, **named)
        if func is torch.cat and len(args[0]) == 2 and args[1:] == (1,):
            self.parts[result] = args[0]
        elif func is F.max_pool2d and parts:
            self.parts[result] = [func(part, *args[1:], **named) for part in parts]
        elif parts and result is x:  # changed in place
            del self.parts[result]
        return result


def pointwise(x: Tensor, weight: Tensor) -> bool:
    """Whether a convolution's window is one pixel with all channels."""
    return weight.shape[1:] == (x.shape[1], 1, 1)


def added(
    parts: Sequence[Tensor], weight: Tensor, bias: Tensor | None, *window: Any
) -> Tensor:
    """Compute a convolution of two concatenated values as a sum of two convolutions."""
    tracing: Any = torch._C
    state = tracing._get_tracing_state()
    tracing._set_tracing_state(None)  # weights are constants
    several = weight.tensor_split([parts[0].shape[1]], dim=1)
    first, second = (w.contiguous() for w in several)
    tracing._set_tracing_state(state)
    y = F.conv2d(parts[0], first, bias, *window)
    return F.conv2d(parts[1], second, None, *window) + y


@contextmanager
def unpacked(network: nn.Module) -> Iterator[None]:
    """Keep the layers' weights unpacked as well: TorchScript takes no packed ones."""
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
    """Let TorchScript make graphs of oneDNN's from what it compiles here."""
    fusion: Any = torch.jit
    before = fusion.onednn_fusion_enabled()
    fusion.enable_onednn_fusion(True)
    try:
        yield
    finally:
        fusion.enable_onednn_fusion(before)
