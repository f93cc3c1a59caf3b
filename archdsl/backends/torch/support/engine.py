"""What inference engines are made of: a generated file carries those of these that it uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import torch
import torch.nn.functional as F
from archdsl.backends.torch.support.kernels import (
    Choice,
    block_diagonal,
    grouped,
    lrn,
    pointwise,
)
from torch import Tensor, nn


@dataclass(frozen=True)
class Trained:
    """The tensors of the trained network, as a layer at some place asks for them.

    `bn1` is beside the layer, `..bn1` one level further out; `.bn1` is inside, where the
    trained network has a module in the layer's place.
    """

    tensors: Mapping[str, Tensor]
    device: torch.device
    dtype: torch.dtype
    place: str = ""

    def find(self, name: str) -> Tensor | None:
        """It in single precision or better; None where there is no such tensor."""
        inner = name.lstrip(".")
        dots = len(name) - len(inner)
        levels = self.place.split(".")
        levels = levels[: len(levels) - {0: 1, 1: 0}.get(dots, dots)]
        tensor = self.tensors.get(".".join([*levels, inner]))
        if tensor is None:
            return None
        exact = torch.promote_types(self.dtype, torch.float32)
        return tensor.detach().to(self.device, exact)

    def kept(self, tensor: Tensor) -> Tensor:
        """As the engine keeps it: in its type, in channels_last, in memory of its own."""
        images = tensor.dim() == 4
        layout = torch.channels_last if images else torch.preserve_format
        return tensor.to(self.dtype, copy=True, memory_format=layout)

    def __getitem__(self, name: str) -> Tensor:
        tensor = self.find(name)
        if tensor is None:
            raise KeyError(
                f"no {name!r} for {self.place} in this state_dict: whose is it?"
            )
        return tensor


# A layer's weight and bias as a function of the trained tensors; a path means its own.
Recipe = Callable[[Trained], tuple[Tensor, Tensor | None]]


def taken(layer: str | Recipe) -> Recipe:
    """A trained layer's own weight and bias."""
    if not isinstance(layer, str):
        return layer
    return lambda trained: (trained[f"{layer}.weight"], trained.find(f"{layer}.bias"))


def affine(trained: Trained, norm: str, eps: float) -> tuple[Tensor, Tensor]:
    """Batch norm with its trained statistics: a scale and a shift for each channel."""
    mean = trained[f"{norm}.running_mean"]
    scale = (trained[f"{norm}.running_var"].double() + eps).rsqrt()
    weight, bias = trained.find(f"{norm}.weight"), trained.find(f"{norm}.bias")
    scale = scale if weight is None else scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return scale.to(mean.dtype), shift.to(mean.dtype)


def folded(
    layer: str | Recipe, norm: str, *, eps: float = 1e-5, start: int = 0
) -> Recipe:
    """A layer and the batch norm after it, of whose channels it makes those from `start`."""

    def weights(trained: Trained) -> tuple[Tensor, Tensor]:
        weight, bias = taken(layer)(trained)
        scale, shift = affine(trained, norm, eps)
        scale, shift = scale[start:][: len(weight)], shift[start:][: len(weight)]
        shift = shift if bias is None else shift + bias * scale
        return weight * scale.view(-1, *[1] * (weight.dim() - 1)), shift

    return weights


def after(
    norm: str, layer: str | Recipe, *, eps: float = 1e-5, relu: bool = False
) -> Recipe:
    """A layer and the batch norm before it; a ReLU between them is a `Threshold`."""

    def weights(trained: Trained) -> tuple[Tensor, Tensor]:
        weight, bias = taken(layer)(trained)
        scale, shift = affine(trained, norm, eps)
        if relu:
            scale, shift, _ = bounded(scale, shift, trained.dtype)
        moved = weight.reshape(*weight.shape[:2], -1).sum(2) @ shift
        weight = weight * scale.view(-1, *[1] * (weight.dim() - 2))
        return weight, moved if bias is None else moved + bias

    return weights


def bounded(
    scale: Tensor, shift: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """Scale, shift and bound for relu(scale x + shift) = scale max(x, bound) + shift.

    A channel that the bound would keep from every number of the type is nought.
    """
    bound = -shift / scale
    dead = (shift <= 0) & ~(bound.abs() < torch.finfo(dtype).max)
    return scale.where(~dead, 0), shift.where(~dead, 0), bound


def limits(trained: Trained, norm: str, eps: float) -> tuple[Tensor, Tensor | None]:
    """The bounds of a `Threshold`; no upper ones where no scale is negative."""
    scale, _, bound = bounded(*affine(trained, norm, eps), trained.dtype)
    scale, bound = scale.view(-1, 1, 1), bound.to(trained.dtype).view(-1, 1, 1)
    high = bound.where(scale < 0, torch.inf) if bool((scale < 0).any()) else None
    return bound.where(scale > 0, -torch.inf), high


def clamped(x: Tensor, low: Tensor | None, high: Tensor | None) -> Tensor:
    """A value between bounds, as far as there are any."""
    if low is None:
        return x
    return torch.maximum(x, low) if high is None else torch.clamp(x, low, high)


def merged(*layers: str | Recipe) -> Recipe:
    """Layers of one input: their channels one after another."""

    def weights(trained: Trained) -> tuple[Tensor, Tensor | None]:
        parts = [taken(layer)(trained) for layer in layers]
        weight = torch.cat([weight for weight, _ in parts])
        if all(bias is None for _, bias in parts):
            return weight, None
        biases = [w.new_zeros(len(w)) if b is None else b for w, b in parts]
        return weight, torch.cat(biases)

    return weights


def scaled(layer: str | Recipe, by: int) -> Recipe:
    """A layer whose result is divided by a number."""

    def weights(trained: Trained) -> tuple[Tensor, Tensor | None]:
        weight, bias = taken(layer)(trained)
        return weight / by, None if bias is None else bias / by

    return weights


Activation = Callable[[Tensor], Tensor]
# What oneDNN calls the activations that it applies to a result before it is written.
ONEDNN: dict[Activation | None, str] = {
    None: "none",
    F.relu: "relu",
    F.hardswish: "hardswish",
    F.hardsigmoid: "hardsigmoid",
    F.silu: "swish",
    torch.sigmoid: "sigmoid",
    torch.tanh: "tanh",
}


def activated(x: Tensor, act: Activation | None) -> Tensor:
    """The activation of a value that nobody else reads."""
    if act is F.relu:
        return x.relu_()
    return x if act is None else act(x)


def onednn_takes(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether PyTorch can hand layers of a type to oneDNN here."""
    mkldnn: Any = torch.backends.mkldnn
    if device.type != "cpu" or not (mkldnn.is_available() and mkldnn.enabled):
        return False
    if dtype is torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    if dtype is torch.float16:
        return bool(torch.ops.mkldnn._is_mkldnn_fp16_supported())
    return dtype is torch.float32


def measures(trained: Trained) -> bool:
    """Whether a GPU has operators to choose from: all but PyTorch's are for other types."""
    return trained.device.type == "cuda" and trained.dtype is not torch.float64


Sizes = int | tuple[int, int]


def pair(size: Sizes) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


class Conv(nn.Module):
    """A convolution, then the sum with another value if there is one, then `act`.

    With `overwrites` the sum may be written over that value. The operator is chosen at
    load: oneDNN's on a CPU, with weights packed at the first call; on a GPU a `Choice`.
    Where there is nothing better, PyTorch's own and what follows.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        layer: str | Recipe,
        *,
        stride: Sizes = 1,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        sides: tuple[int, ...] | None = None,
        act: Activation | None = None,
        overwrites: bool = False,
    ) -> None:
        super().__init__()
        self.recipe = taken(layer)
        self.window = (pair(padding), pair(stride), pair(dilation))
        self.groups = groups
        self.sides = sides
        self.act = act
        self.overwrites = overwrites
        self.packed = False
        self.run: Callable[..., Tensor] = self.plain

    def load(self, trained: Trained) -> None:
        weight, bias = self.recipe(trained)
        dtype = trained.dtype
        self.weight = trained.kept(weight)
        self.bias = None if bias is None else trained.kept(bias)
        if self.act in ONEDNN and onednn_takes(trained.device, dtype):
            self.run = self.onednn
        elif measures(trained):
            self.run = Choice(*self.ways())

    def ways(self) -> list[Callable[..., Tensor]]:
        """How a GPU may compute this."""
        return [self.plain, self.cudnn] if self.act is F.relu else [self.plain]

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        return self.run(x if self.sides is None else F.pad(x, self.sides), other)

    def plain(self, x: Tensor, other: Tensor | None) -> Tensor:
        padding, stride, dilation = self.window
        y = F.conv2d(x, self.weight, self.bias, stride, padding, dilation, self.groups)
        return activated(y if other is None else y.add_(other), self.act)

    def onednn(self, x: Tensor, other: Tensor | None) -> Tensor:
        if not self.packed:
            pack = torch.ops.mkldnn._reorder_convolution_weight
            self.weight = pack(self.weight, *self.window, self.groups, x.shape)
            self.packed = True
        call: Any = torch.ops.mkldnn._convolution_pointwise
        into: Any = torch.ops.mkldnn._convolution_pointwise_
        given = (self.weight, self.bias, *self.window, self.groups)
        if other is None:
            y: Tensor = call(x, *given, ONEDNN[self.act], [], None)
            return y
        last = "relu" if self.act is F.relu else None
        if self.overwrites:
            y = into.binary(other, x, *given, "add", 1.0, last, [], None)
        else:
            y = call.binary(x, other, *given, "add", 1.0, last, [], None)
        return y if last else activated(y, self.act)

    def cudnn(self, x: Tensor, other: Tensor | None) -> Tensor:
        padding, stride, dilation = self.window
        given = (self.bias, stride, padding, dilation, self.groups)
        if other is None:
            return torch.cudnn_convolution_relu(x, self.weight, *given)
        return torch.cudnn_convolution_add_relu(x, self.weight, other, 1.0, *given)


class Pointwise(Conv):
    """A 1x1 convolution, of a value that a `Threshold` may have bounded before.

    On a GPU one kernel may do all of it; it also reads a slice, which cuDNN would copy.
    """

    low: Tensor | None = None
    high: Tensor | None = None

    def __init__(
        self,
        layer: str | Recipe,
        *,
        stride: Sizes = 1,
        threshold: str | None = None,
        eps: float = 1e-5,
        act: Activation | None = None,
        overwrites: bool = False,
    ) -> None:
        super().__init__(layer, stride=stride, act=act, overwrites=overwrites)
        self.threshold = threshold
        self.eps = eps

    def load(self, trained: Trained) -> None:
        super().load(trained)
        if self.threshold is not None:
            self.low, self.high = limits(trained, self.threshold, self.eps)

    def ways(self) -> list[Callable[..., Tensor]]:
        return [*super().ways(), self.kernel]

    def plain(self, x: Tensor, other: Tensor | None) -> Tensor:
        return super().plain(clamped(x, self.low, self.high), other)

    def onednn(self, x: Tensor, other: Tensor | None) -> Tensor:
        return super().onednn(clamped(x, self.low, self.high), other)

    def cudnn(self, x: Tensor, other: Tensor | None) -> Tensor:
        return super().cudnn(clamped(x, self.low, self.high), other)

    def kernel(self, x: Tensor, other: Tensor | None) -> Tensor:
        _, (down, right), _ = self.window
        relu = self.act is F.relu
        y = pointwise(
            x[:, :, ::down, ::right],
            self.weight,
            self.bias,
            low=self.low,
            high=self.high,
            other=other,
            relu=relu,
        )
        return y if relu else activated(y, self.act)


class Grouped(Conv):
    """A convolution in groups of 4 to 32 channels, with as many results as inputs.

    On a GPU a kernel may do it that fills tensor cores with several groups at a time.
    """

    @cached_property
    def tiles(self) -> Tensor:
        return block_diagonal(self.weight)

    def ways(self) -> list[Callable[..., Tensor]]:
        return [*super().ways(), self.kernel]

    def kernel(self, x: Tensor, other: Tensor | None) -> Tensor:
        (padding, _), (stride, _), _ = self.window
        relu = self.act is F.relu
        y = grouped(
            x,
            self.tiles,
            self.bias,
            kernel=self.weight.shape[2],
            stride=stride,
            padding=padding,
            other=other,
            relu=relu,
        )
        return y if relu else activated(y, self.act)


class Linear(nn.Module):
    """A fully connected layer, then `act`; on a CPU oneDNN's, with weights packed at load.

    They are packed for several images: that layout is faster for one, too.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, layer: str | Recipe, *, act: Activation | None = None) -> None:
        super().__init__()
        self.recipe = taken(layer)
        self.act = act
        self.packed = False

    def load(self, trained: Trained) -> None:
        weight, bias = self.recipe(trained)
        self.bias = None if bias is None else trained.kept(bias)
        self.packed = onednn_takes(trained.device, trained.dtype)
        if self.packed:
            pack = torch.ops.mkldnn._reorder_linear_weight
            self.weight = pack(weight.to(trained.dtype), 8)
        else:
            self.weight = trained.kept(weight)

    def forward(self, x: Tensor) -> Tensor:
        run = self.onednn if self.packed else F.linear
        return activated(run(x, self.weight, self.bias), self.act)

    @staticmethod
    def onednn(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        call: Any = torch.ops.mkldnn._linear_pointwise
        y: Tensor = call(x, weight, bias, "none", [], None)
        return y


class Norm(nn.Module):
    """Batch norm with its trained statistics, then `act`."""

    scale: Tensor
    shift: Tensor

    def __init__(
        self, norm: str, *, eps: float = 1e-5, act: Activation | None = None
    ) -> None:
        super().__init__()
        self.norm = norm
        self.eps = eps
        self.act = act

    def load(self, trained: Trained) -> None:
        scale, shift = affine(trained, self.norm, self.eps)
        self.scale = scale.to(trained.dtype).view(-1, 1, 1)
        self.shift = shift.to(trained.dtype).view(-1, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return activated(torch.addcmul(self.shift, x, self.scale), self.act)


class Threshold(nn.Module):
    """What stays of a batch norm and a ReLU whose scale and shift the next layer has.

    relu(a x + b) = a max(x, -b / a) + b for a > 0; with min in place of max for a < 0.
    """

    low: Tensor
    high: Tensor | None

    def __init__(self, norm: str, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.norm = norm
        self.eps = eps

    def load(self, trained: Trained) -> None:
        self.low, self.high = limits(trained, self.norm, self.eps)

    def forward(self, x: Tensor) -> Tensor:
        return clamped(x, self.low, self.high)


def max_pool(
    x: Tensor,
    kernel: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    rectified: bool = False,
) -> Tensor:
    """`F.max_pool2d`; on a CPU, where that is faster, rows first and then columns.

    Of half precision that is nowhere below zero the bits are compared, which keep the order.
    """
    kernel, padding = pair(kernel), pair(padding)
    stride = pair(stride) if stride else kernel
    bits = rectified and x.dtype.itemsize == 2
    rows_pay = bits or x.dtype is torch.float32 or stride[0] == 1 or x.shape[3] > 64
    if x.device.type != "cpu" or x.shape[2] < 8 or not rows_pay:
        return F.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil_mode)
    y = x.view(torch.int16) if bits else x
    for axis in (2, 3):
        i = axis - 2
        y = maxima(y, axis, kernel[i], stride[i], padding[i], ceil_mode)
    return y.view(x.dtype)


def maxima(
    x: Tensor, axis: int, kernel: int, stride: int, padding: int, ceil: bool
) -> Tensor:
    """The largest of each window along one axis, by shifted copies of all windows at once."""
    extent = x.shape[axis]
    over = extent + 2 * padding - kernel
    count = (-(-over // stride) if ceil else over // stride) + 1
    if (count - 1) * stride >= extent + padding:
        count -= 1  # no window starts behind the image

    def windows(shift: int) -> tuple[int, int, Tensor]:
        """Which windows have something at a shift, and what."""
        start = shift - padding
        first = max(-(start // stride), 0)
        last = min((extent - 1 - start) // stride, count - 1)
        index = [slice(None)] * 4
        index[axis] = slice(start + first * stride, start + last * stride + 1, stride)
        return first, last + 1, x[tuple(index)]

    parts = [windows(shift) for shift in range(kernel)]
    parts.sort(key=lambda part: part[0] - part[1])  # what all windows have comes first
    whole = sum(stop - first == count for first, stop, _ in parts)
    if whole > 1:
        y, parts = torch.maximum(parts[0][2], parts[1][2]), parts[2:]
    elif whole:
        y, parts = parts[0][2].clone(memory_format=torch.channels_last), parts[1:]
    else:
        shape = [count if i == axis else size for i, size in enumerate(x.shape)]
        y = x.new_empty(shape).to(memory_format=torch.channels_last)
        y.fill_(-torch.inf if x.is_floating_point() else 0)
    for first, stop, part in parts:
        into = y.narrow(axis, first, stop - first)
        torch.maximum(into, part, out=into)
    return y


class MaxPool(nn.Module):
    """`max_pool` as a module."""

    def __init__(
        self,
        kernel: Sizes,
        *,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        rectified: bool = False,
    ) -> None:
        super().__init__()
        self.window = (kernel, stride, padding, ceil_mode, rectified)

    def forward(self, x: Tensor) -> Tensor:
        return max_pool(x, *self.window)


def densely(layers: list[nn.Module], x: Tensor) -> Tensor:
    """A dense block: all layers write into one value, of which each reads what is there."""
    new = layers[0](x)
    count, growth = x.shape[1], new.shape[1]
    shape = (len(x), count + growth * len(layers), *x.shape[2:])
    values = torch.empty(
        shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last
    )
    values[:, :count] = x
    for layer in layers[1:]:
        values[:, count : count + growth] = new
        count += growth
        new = layer(values[:, :count])
    values[:, count:] = new
    return values


class LocalResponseNorm(nn.Module):
    """`nn.LocalResponseNorm`, pixel by pixel, in single precision or better."""

    def __init__(
        self, size: int, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> None:
        super().__init__()
        self.numbers = (size, alpha, beta, k)
        self.run: Callable[..., Tensor] = self.plain

    def load(self, trained: Trained) -> None:
        if measures(trained):
            self.run = Choice(self.plain, self.kernel)

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x)

    def plain(self, x: Tensor) -> Tensor:
        size, alpha, beta, k = self.numbers
        pixels = x.permute(0, 2, 3, 1).to(torch.promote_types(x.dtype, torch.float32))
        squares = pixels * pixels
        near = squares.clone()
        for shift in range(1, size // 2 + 1):
            near[..., shift:] += squares[..., :-shift]
        for shift in range(1, (size + 1) // 2):
            near[..., :-shift] += squares[..., shift:]
        y = near.mul_(alpha / size).add_(k).pow_(-beta).mul_(pixels)
        return y.to(x.dtype).permute(0, 3, 1, 2)

    def kernel(self, x: Tensor) -> Tensor:
        return lrn(x, *self.numbers)


class Channels(nn.Module):
    """The channels from `start` up to `stop`."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.start = start
        self.stop = stop

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.stop]


# Bytes that a value may take on a CPU: more images than fit are computed a few at a time, so
# that a layer finds in the cache what the one before it wrote.
CACHE = 32 << 20


def keep_memory() -> None:
    """Has the allocator keep freed memory for the next value instead of returning it.

    glibc returns it, and pays for every page when it takes it again, until it has seen a block
    of nearly 32 MiB come and go; then it keeps twice as much.
    """
    torch.empty(31 << 20, dtype=torch.uint8)


class Engine(nn.Module):
    """A network for inference only, with the weights of a trained one.

    Images may come in any layout, type and device; inside they are in channels_last. Single
    precision is full precision: TF32 is off, also on a GPU.
    """

    sizes: tuple[tuple[int, ...], ...]  # of the inputs, without the batch
    largest: int  # numbers in its largest value, without the batch
    places: Mapping[str, str] = {}  # modules that the trained network has elsewhere
    device: torch.device
    dtype: torch.dtype

    @classmethod
    def from_state_dict(
        cls,
        state_dict: Mapping[str, Tensor],
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> Self:
        """The engine with a copy of the weights of the trainable module's state_dict."""
        with torch.device("meta"):
            engine = cls()
        engine.device, engine.dtype = torch.device(device), dtype
        if engine.device.type == "cpu":
            keep_memory()
        engine.load(Trained(state_dict, engine.device, dtype))
        return engine.eval()

    @torch.inference_mode()
    def load(self, trained: Trained) -> None:
        trained_at = {"": ""}
        for path, module in self.named_modules():
            outer, _, name = path.rpartition(".")
            beside = trained_at[outer]
            inside = self.places.get(path, f"{beside}.{name}" if beside else name)
            trained_at[path] = inside
            if path and hasattr(module, "load"):
                module.load(replace(trained, place=inside))
        own = {}
        for key in self.state_dict():  # layers that are as they were
            path, _, name = key.rpartition(".")
            inside = replace(trained, place=trained_at[path])
            own[key] = trained.kept(inside[f".{name}"])
        self.load_state_dict(own, assign=True)

    @torch.inference_mode()
    def __call__(self, *inputs: Tensor) -> Any:
        placed = [x.to(self.device, self.dtype) for x in inputs]
        images = [
            x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x
            for x in placed
        ]
        if self.device.type == "cuda":
            with torch.backends.cudnn.flags(benchmark=True, allow_tf32=False):
                return super().__call__(*images)
        few = max(4, CACHE // (self.largest * self.dtype.itemsize))
        count = max(1, -(-len(images[0]) // few))  # as even as can be
        slices = [torch.tensor_split(x, count) for x in images]
        results = [
            super(Engine, self).__call__(*part) for part in zip(*slices, strict=True)
        ]
        if len(results) == 1:
            return results[0]
        if isinstance(results[0], Tensor):
            return torch.cat(results)
        return tuple(map(torch.cat, zip(*results, strict=True)))

    def capture(self, batch: int) -> Callable[..., Any]:
        """The engine for one batch size as a CUDA graph, which launches as one.

        A call copies its images in and returns outputs that the next call overwrites.
        `ValueError` where the engine is not on a GPU.
        """
        if self.device.type != "cuda":
            raise ValueError(
                f"capture needs an engine on a GPU, this is on {self.device}"
            )
        inputs = [torch.randn(batch, *size, device=self.device) for size in self.sizes]
        inputs = [x.to(self.dtype) for x in inputs]
        cuda: Any = torch.cuda
        side = cuda.Stream()
        side.wait_stream(cuda.current_stream())
        with cuda.stream(side):
            for _ in range(3):
                self(*inputs)
        cuda.current_stream().wait_stream(side)
        graph = cuda.CUDAGraph()
        with cuda.graph(graph):
            outputs = self(*inputs)

        def replay(*images: Tensor) -> Any:
            for place, image in zip(inputs, images, strict=True):
                place.copy_(image)
            graph.replay()
            return outputs

        return replay
