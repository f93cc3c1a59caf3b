"""Each distinct convolution of a network by the operators that could compute it with what follows.

For the probe of `inference.py --layers`. An operator is compared with the convolution, bias, sum
and ReLU one by one, with free memory full of numbers that are none; `strided` tells whether it can
write into some channels of a larger value and leaves the others alone.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from statistics import median
from typing import Any

import machine
import torch
import torch.nn.functional as F
from networks import Subject
from peers import fresh
from torch import Tensor, nn

Window = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], int]
LAST = torch.channels_last
CLOSE = 2e-2  # of the norm, in half precision


@dataclass(frozen=True)
class Layer:
    """A convolution on values of its own: input, weight, bias, what is added to its result."""

    x: Tensor
    weight: Tensor
    bias: Tensor
    other: Tensor
    window: Window  # stride, padding, dilation, groups

    def plain(self) -> Tensor:
        return F.conv2d(self.x, self.weight, self.bias, *self.window).relu_()

    def plain_sum(self) -> Tensor:
        return F.conv2d(self.x, self.weight, self.bias, *self.window).add_(self.other).relu_()

    def cudnn(self) -> Tensor:
        return torch.cudnn_convolution_relu(self.x, self.weight, self.bias, *self.window)

    def cudnn_sum(self) -> Tensor:
        call = torch.cudnn_convolution_add_relu
        return call(self.x, self.weight, self.other, 1.0, self.bias, *self.window)

    def onednn(self) -> Tensor:
        stride, padding, dilation, groups = self.window
        window = (self.weight, self.bias, padding, stride, dilation, groups)
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(self.x, *window, "relu", [], None)
        return result

    def onednn_sum(self) -> Tensor:
        stride, padding, dilation, groups = self.window
        window = (self.weight, self.bias, padding, stride, dilation, groups)
        call: Any = torch.ops.mkldnn._convolution_pointwise
        result: Tensor = call.binary(self.x, self.other, *window, "add", 1.0, "relu", [], None)
        return result

    def gemm(self) -> Tensor:
        """A 1x1 convolution as a matrix product with bias and ReLU at its end."""
        if self.weight.shape[2:] != (1, 1) or self.window[0] != (1, 1) or self.window[3] > 1:
            raise NotImplementedError("no matrix product")
        rows = self.x.permute(0, 2, 3, 1).flatten(0, 2)
        found = torch._addmm_activation(self.bias, rows, self.weight.flatten(1).t())
        return found.view(len(self.x), *self.x.shape[2:], -1).permute(0, 3, 1, 2)

    def into(self, out: Tensor) -> None:
        """The bare convolution, written where it belongs."""
        stride, padding, dilation, groups = self.window
        given = (self.x, self.weight)
        if self.x.device.type == "cpu":
            out.copy_(F.conv2d(*given, None, *self.window))
            return
        window = (padding, stride, dilation, groups)
        torch.ops.aten.cudnn_convolution.out(*given, *window, True, False, False, out=out)


# What is timed beside what: an operator, and the plain form of the same.
CANDIDATES: dict[str, dict[str, tuple[Callable[[Layer], Tensor], Callable[[Layer], Tensor]]]] = {
    "cpu": {
        "onednn": (Layer.onednn, Layer.plain),
        "onednn sum": (Layer.onednn_sum, Layer.plain_sum),
        "gemm": (Layer.gemm, Layer.plain),
    },
    "cuda": {
        "cudnn": (Layer.cudnn, Layer.plain),
        "cudnn sum": (Layer.cudnn_sum, Layer.plain_sum),
        "gemm": (Layer.gemm, Layer.plain),
    },
}


def drawn(module: nn.Conv2d, shape: torch.Size, like: Tensor) -> Layer:
    """A layer as a module calls it, on numbers at random."""

    def random(*size: int) -> Tensor:
        values = torch.randn(size, device=like.device).to(like.dtype)
        return values.contiguous(memory_format=LAST) if len(size) == 4 else values

    x, weight = random(*shape), random(*module.weight.shape) / module.weight[0].numel() ** 0.5
    window: Any = (module.stride, module.padding, module.dilation, module.groups)
    other = random(*F.conv2d(x, weight, None, *window).shape)
    return Layer(x, weight, random(len(weight)), other, window)


def convolutions(of: Subject, images: Tensor) -> dict[str, Layer]:
    """The distinct convolutions that a network computes on images, by what they are."""
    found: dict[str, Layer] = {}

    def meet(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.Conv2d)
        (x,) = inputs
        about = (*x.shape[1:], "to", module.out_channels, *module.kernel_size, *module.stride)
        name = " ".join(map(str, (*about, *([module.groups] if module.groups > 1 else ()))))
        if name not in found:
            found[name] = drawn(module, x.shape, images)

    model = fresh(of.model, images, LAST)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_pre_hook(meet)
    model(images)
    return found


def verdict(call: Callable[[Layer], Tensor], plain: Callable[[Layer], Tensor], layer: Layer) -> str:
    """What is wrong with an operator; nothing where it computes what the plain form does."""
    device = layer.x.device.type
    expected = plain(layer).float()
    machine.poison(device)
    try:
        found = call(layer).float()
        machine.synchronize(device)
    except NotImplementedError:
        return "–"
    except Exception as problem:
        return type(problem).__name__
    if not found.isfinite().all():
        return "NaN"
    error = float((found - expected).norm() / expected.norm())
    return "" if error <= CLOSE else f"off {error:.0e}"


def writes_into_channels(layer: Layer) -> str:
    """Whether the convolution can write into channels in the middle of a larger value."""
    expected = F.conv2d(layer.x, layer.weight, None, *layer.window)
    images, count, *extent = expected.shape
    whole = expected.new_full((images, count + 64, *extent), torch.nan)
    whole = whole.contiguous(memory_format=LAST)
    try:
        layer.into(whole[:, 32 : 32 + count])
    except Exception as problem:
        return type(problem).__name__
    kept = whole[:, :32].isnan().all() and whole[:, 32 + count :].isnan().all()
    error = (whole[:, 32 : 32 + count] - expected).norm() / expected.norm()
    return "yes" if kept and error <= CLOSE else "no"


def line(name: str, layer: Layer, device: str) -> str:
    """Microseconds of the plain forms, and by how much each operator is faster."""
    wrong = {each: verdict(*pair, layer) for each, pair in CANDIDATES[device].items()}
    forms = {"plain": Layer.plain, "plain sum": Layer.plain_sum}
    forms |= {each: CANDIDATES[device][each][0] for each, reason in wrong.items() if not reason}
    steps = {each: partial(form, layer) for each, form in forms.items()}
    found = machine.in_turn(steps, rounds=5, seconds=0.1, device=device)
    micro = {each: median(times) * 1e6 for each, times in found.items()}
    cells = [f"{micro['plain']:.1f}", f"{micro['plain sum']:.1f}"]
    for each, reason in wrong.items():
        beside = micro["plain sum" if each.endswith("sum") else "plain"]
        cells.append(reason or f"{beside / micro[each]:.2f}")
    return f"| {name} | {' | '.join([*cells, writes_into_channels(layer)])} |"


def run(networks: Iterable[Subject], options: Namespace, dtypes: Mapping[str, torch.dtype]) -> None:
    """Prints one table for each network, batch size and type."""
    heads = ["convolution", "plain us", "sum us", *CANDIDATES[options.device], "strided"]
    for of, batch, dtype in product(networks, options.batch, options.dtype):
        images = torch.randn(batch, *of.size).to(options.device, dtypes[dtype])
        print(f"\n{of.name} {batch} {dtype}\n\n| {' | '.join(heads)} |")
        print("|---" * len(heads) + "|")
        for name, layer in convolutions(of, images.contiguous(memory_format=LAST)).items():
            print(line(name, layer, options.device), flush=True)
