"""Single ops with random arguments, each with the shape of its result."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.programs.options import Options

Shape = tuple[int, ...]
Layer = tuple[str, Shape]
LARGEST = 16  # ops that enlarge images stop at this height or width
MANY = 24  # ops that add channels stop here

ACTIVATIONS = ["relu", "relu6", "leaky_relu(0.2)", "elu", "elu(0.5)", "gelu", "silu", "hardswish"]
ACTIVATIONS += ["leaky_relu", "hardsigmoid", "sigmoid", "tanh", "softmax", "prelu"]
ACTIVATIONS += ["prelu(shared=false)"]
EVERYWHERE = [*ACTIVATIONS, "relu", "relu", "identity", "scale(0.5)", "scale(-2)", "layer_scale"]
INITS = ["", "", "", ", init=kaiming_fan_out", ", init=normal(0.1)", ", init=xavier, bias_init=0"]


@dataclass(frozen=True)
class Draws:
    """Random choices for the arguments of one op."""

    rng: random.Random
    options: Options
    numbers: dict[str, int]  # names in scope that hold a number of channels

    def channels(self) -> tuple[str, int]:
        """A number of channels, as text and as a value."""
        if self.numbers and self.rng.random() < 0.5:
            name = self.rng.choice(sorted(self.numbers))
            return name, self.numbers[name]
        value = self.rng.choice([2, 3, 4, 4, 5, 6, 8, 8])
        return str(value), value

    def rate(self) -> float:
        if self.options.certain:
            return self.rng.choice([0, 0, 1])
        return self.rng.choice([0, 0.2, 0.5, 0.9, 1])

    def bias(self) -> str:
        return self.rng.choice(["", "", ", bias=false"])


def layer(draws: Draws, shape: Shape) -> Layer:
    """A random op that fits a value of this shape, and the shape of its result."""
    choices = FLAT if len(shape) == 1 else IMAGE
    while True:
        found = draws.rng.choice(choices)(draws, shape)
        if found and _allowed(found[1], draws.options):
            return found


def _allowed(shape: Shape, options: Options) -> bool:
    if len(shape) == 1:
        return shape[0] >= 1
    return shape[0] >= 1 and min(shape[1:]) >= options.least


# ------------------------------------------------------------------ everywhere


def activation(draws: Draws, shape: Shape) -> Layer:
    return draws.rng.choice(EVERYWHERE), shape


def batch_norm(draws: Draws, shape: Shape) -> Layer | None:
    if draws.options.conditioned and len(shape) == 1:
        return None
    return draws.rng.choice(["bn", "bn", "bn", "bn(affine=false)", "bn(eps=0.001)"]), shape


def other_norm(draws: Draws, shape: Shape) -> Layer | None:
    """Layer, group or instance norm, each over more than one value."""
    least = 16 if draws.options.conditioned else 2
    positions = 1 if len(shape) == 1 else shape[1] * shape[2]
    found = ["ln", "ln(affine=false)"] if shape[0] >= min(least, 4) else []
    groups = [g for g in (1, 2, 3, 4) if shape[0] % g == 0 and shape[0] // g * positions >= least]
    found += [f"gn({g})" for g in groups]
    if len(shape) == 3 and positions >= least:
        found += ["instance_norm", "instance_norm(affine=true)"]
    return (draws.rng.choice(found), shape) if found else None


def dropout(draws: Draws, shape: Shape) -> Layer:
    p = 0 if draws.options.certain or not draws.options.stochastic else draws.rate()
    word = draws.rng.choice(["dropout", "dropout2d"]) if len(shape) == 3 else "dropout"
    return f"{word}({min(p, 0.9)})", shape


def drop_path(draws: Draws, shape: Shape) -> Layer | None:
    if not draws.options.stochastic:
        return None
    rng, p = draws.rng, draws.rate()
    ramp = ", ramp=linear" if rng.random() < 0.25 and not (draws.options.certain and p) else ""
    mode = ", mode=sample" if rng.random() < 0.3 else ""
    scale = ", scale=train" if rng.random() < 0.3 and p < 1 else ""
    return f"drop_path({p}{ramp}{mode}{scale})", shape


# ------------------------------------------------------------------ images


def conv(draws: Draws, shape: Shape) -> Layer | None:
    """A convolution: any kernel, stride, dilation, groups and padding that fit."""
    rng, (text, channels) = draws.rng, draws.channels()
    kernel = rng.choice([(1, 1), (1, 1), (3, 3), (3, 3), (3, 3), (5, 5), (1, 3), (3, 1), (2, 2)])
    stride = rng.choice([1, 1, 1, 1, 2, 3])
    dilation = rng.choice([1, 1, 1, 2]) if kernel != (2, 2) else 1
    pad = tuple((k - 1) * dilation // 2 for k in kernel)
    sides, more = (2 * pad[0], 2 * pad[1]), ""
    if kernel == (2, 2):
        sides, more = rng.choice([((0, 0), ", pad=0"), ((1, 1), ", pad=[0, 1, 1, 0]")])
    elif rng.random() < 0.15:
        sides, more = (3, 1), ", pad=[1, 2, 0, 1]"
    extents = zip(shape[1:], kernel, sides, strict=True)
    size = tuple((n + p - dilation * (k - 1) - 1) // stride + 1 for n, k, p in extents)
    if min(size) < 1:
        return None
    groups = [g for g in (2, shape[0]) if shape[0] % g == 0 and channels % g == 0]
    if groups and rng.random() < 0.2:
        more += f", groups={rng.choice(groups)}"
    more += f", /{stride}" if stride > 1 else ""
    more += f", dilation={dilation}" if dilation > 1 else ""
    bias = draws.bias()
    more += bias + (rng.choice(INITS) if not bias else "")
    return f"conv({kernel[0]}x{kernel[1]}, {text}{more})", (channels, *size)


def deconv(draws: Draws, shape: Shape) -> Layer | None:
    text, channels = draws.channels()
    kernel, stride, pad, extra = draws.rng.choice([(2, 2, 0, 0), (3, 1, 1, 0), (3, 2, 1, 1)])
    size = tuple((n - 1) * stride - 2 * pad + kernel + extra for n in shape[1:])
    if max(size) > LARGEST:
        return None
    more = f", /{stride}, pad={pad}, output_pad={extra}"
    return f"deconv({kernel}x{kernel}, {text}{more}{draws.bias()})", (channels, *size)


def pool(draws: Draws, shape: Shape) -> Layer | None:
    rng = draws.rng
    word = rng.choice(["maxpool", "avgpool"])
    kernel, stride = rng.choice([(1, 1), (2, 2), (3, 3), (3, 1), (3, 2), (2, 1), (1, 2)])
    pad = rng.randint(0, kernel // 2)
    ceil = rng.random() < 0.3
    size = tuple(_pooled(n, kernel, stride, pad, ceil) for n in shape[1:])
    if min(size) < 1 or min(shape[1:]) + 2 * pad < kernel:
        return None
    more = f", /{stride}, pad={pad}" + (", ceil=true" if ceil else "")
    if word == "avgpool" and pad and rng.random() < 0.5:
        more += ", include_pad=false"
    return f"{word}({kernel}x{kernel}{more})", (shape[0], *size)


def _pooled(extent: int, kernel: int, stride: int, pad: int, ceil: bool) -> int:
    """The output's extent by PyTorch's `pooling_output_shape`."""
    room = extent + 2 * pad - kernel
    if not ceil:
        return room // stride + 1
    size = -(-room // stride) + 1
    return size - 1 if (size - 1) * stride >= extent + pad else size


def global_pool(draws: Draws, shape: Shape) -> Layer:
    rng = draws.rng
    word = rng.choice(["avgpool(global)", "maxpool(global)", ""])
    if word:
        return word, (shape[0], 1, 1)
    size = (rng.randint(1, 9), rng.randint(1, 9))
    kind = rng.choice(["adaptive_avgpool", "adaptive_maxpool"])
    return f"{kind}({size[0]}x{size[1]})", (shape[0], *size)


def interpolate(draws: Draws, shape: Shape) -> Layer | None:
    rng = draws.rng
    corners = rng.choice(["", ", align_corners=true"])
    mode = rng.choice(["", f", mode=bilinear{corners}", f", mode=bicubic{corners}"])
    if rng.random() < 0.5:
        size = (rng.randint(1, 12), rng.randint(1, 12))
        return f"resize({size[0]}x{size[1]}{mode})", (shape[0], *size)
    factors = rng.choice([(1, 1), (2, 2), (1, 2), (3, 1)])
    size = (shape[1] * factors[0], shape[2] * factors[1])
    if max(size) > LARGEST:
        return None
    return f"upsample({factors[0]}x{factors[1]}{mode})", (shape[0], *size)


def pad(draws: Draws, shape: Shape) -> Layer | None:
    if shape[0] < MANY and draws.rng.random() < 0.4:
        channels = shape[0] + draws.rng.randint(0, 4)
        return f"pad_channels({channels})", (channels, *shape[1:])
    if len(shape) == 1 or max(shape[1:]) > LARGEST:
        return None
    top, bottom, left, right = (draws.rng.randint(0, 2) for _ in range(4))
    size = (shape[1] + top + bottom, shape[2] + left + right)
    return f"pad([{top}, {bottom}, {left}, {right}])", (shape[0], *size)


def cut(draws: Draws, shape: Shape) -> Layer:
    start = draws.rng.randint(0, shape[0] - 1)
    stop = draws.rng.randint(start + 1, shape[0])
    return f"slice({start}, {stop})", (stop - start, *shape[1:])


def rearrange(draws: Draws, shape: Shape) -> Layer | None:
    """Moves values between channels and positions."""
    channels, height, width = shape
    rng = draws.rng
    kind = rng.choice(["shuffle", "finer", "coarser", "reshape", "response"])
    if kind == "shuffle":
        groups = rng.choice([g for g in (1, 2, 3, 4, 5, 6) if channels % g == 0])
        return f"channel_shuffle({groups})", shape
    if kind == "finer" and channels % 4 == 0 and max(height, width) <= LARGEST // 2:
        return "pixel_shuffle(2)", (channels // 4, 2 * height, 2 * width)
    if kind == "coarser" and channels <= 6 and height % 2 == width % 2 == 0:
        return "pixel_unshuffle(2)", (4 * channels, height // 2, width // 2)
    if kind == "reshape":
        return f"reshape({channels}x{width}x{height})", (channels, width, height)
    return (rng.choice(["lrn(3)", "lrn(5, alpha=0.01)"]), shape) if kind == "response" else None


def flatten(draws: Draws, shape: Shape) -> Layer | None:
    """Rarely, since little can follow a flat value."""
    volume = shape[0] * shape[1] * shape[2]
    return ("flatten", (volume,)) if draws.rng.random() < 0.3 and volume <= 4096 else None


# ------------------------------------------------------------------ flat values


def linear(draws: Draws, shape: Shape) -> Layer:
    text, features = draws.channels()
    bias = draws.bias()
    return f"linear({text}{bias}{'' if bias else draws.rng.choice(INITS)})", (features,)


def unflatten(draws: Draws, shape: Shape) -> Layer | None:
    (features,) = shape
    if features > 1024:
        return None
    sides = [(h, w) for h in (1, 2, 3, 5, 8) for w in (1, 2, 5, 8) if features % (h * w) == 0]
    height, width = draws.rng.choice(sides)
    image = (features // (height * width), height, width)
    return f"reshape({image[0]}x{height}x{width})", image


Chooser = Callable[[Draws, Shape], Layer | None]
EITHER: list[Chooser] = [activation, activation, activation, batch_norm, other_norm, dropout]
EITHER += [drop_path, drop_path, pad, cut]
FLAT: list[Chooser] = [*EITHER, linear, linear, linear, unflatten]
IMAGE: list[Chooser] = [*EITHER, *[conv] * 7, batch_norm, deconv, pool, pool, global_pool]
IMAGE += [interpolate, rearrange, rearrange, flatten]
