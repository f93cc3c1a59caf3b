"""The rules of popular FLOP counters, exact to the last digit of what each reports.

Each table repeats the rules of its tool, gaps and mistakes included: these are why the figures of
tools differ (see docs/counting.md). The sources are the tools' code, at the versions given here.
"""

from __future__ import annotations

from math import prod

from archdsl.analyses.counting import (
    Convention,
    CountedCall,
    each,
    flops,
    interpolation,
    local_response_norm,
    macs,
    made,
    norm,
    of_images,
    read,
    times,
    with_bias,
)
from archdsl.ops.base import volume

CONVOLUTIONS = ("nn.Conv2d", "PaddedConv2d", "nn.ConvTranspose2d")
BATCH_NORMS = ("nn.BatchNorm2d",)
OTHER_NORMS = ("nn.LayerNorm", "LayerNorm2d", "nn.GroupNorm", "nn.InstanceNorm2d")
ACTIVATIONS = ("F.relu", "F.elu", "F.relu6", "F.gelu", "F.silu", "F.softmax")
POOLS = ("F.max_pool2d", "F.avg_pool2d", "F.adaptive_max_pool2d", "F.adaptive_avg_pool2d")

# ------------------------------------------------------------------ torch.utils.flop_counter 2.13

TORCH = Convention("torch", "FLOPs", computed=each((*CONVOLUTIONS, "nn.Linear"), flops))

# ------------------------------------------------------------------ torchinfo 1.8.0, layer_info.py


def _weights(call: CountedCall) -> int:
    return sum(call.weights.values())


def _weights_everywhere(call: CountedCall) -> int:
    """Count every weight and bias of a convolution once for each output position."""
    return _weights(call) * volume(call.output[1:])


TORCHINFO = Convention(
    "torchinfo", "mult-adds", hooks=each(CONVOLUTIONS, _weights_everywhere), otherwise=_weights
)

# ------------------------------------------------------------------ fvcore 0.1.5, nn/jit_handles.py

FVCORE = Convention(
    "fvcore",
    "flops",
    computed={
        **each((*CONVOLUTIONS, "nn.Linear"), macs),
        **each(BATCH_NORMS, norm(1, 2)),
        **each(OTHER_NORMS, norm(4, 5)),
        "F.adaptive_avg_pool2d": of_images(read),
        "F.interpolate": of_images(interpolation(nearest=1, bilinear=4)),
    },
)

# ------------------------------------------------------------------ thop 0.1.1, basic_hooks.py


def _adaptive_mean(call: CountedCall) -> int:
    """Count a mean over input extent / output extent, which need not be whole."""
    window = prod(n / m for n, m in zip(call.inputs[0][1:], call.output[1:], strict=True))
    return int((window + 1) * call.made)


def _softmax(call: CountedCall) -> int:
    channels, *extent = call.inputs[0]
    return prod(extent) * (3 * channels - 1)


def _as_if_not_transposed(call: CountedCall) -> int:
    channels = call.inputs[0][0] // int(call.argument("groups"))
    return call.made * channels * prod(call.along_axes(2))


THOP = Convention(
    "thop",
    "macs",
    hooks={
        **each(("nn.Conv2d", "nn.Linear"), macs),
        "nn.ConvTranspose2d": _as_if_not_transposed,
        **each((*BATCH_NORMS, "nn.LayerNorm", "nn.InstanceNorm2d"), norm(2, 4)),
        "nn.PReLU": read,
        "nn.Softmax": _softmax,
        "nn.AvgPool2d": made,
        "nn.AdaptiveAvgPool2d": _adaptive_mean,
        "nn.Upsample": interpolation(nearest=1, linear=5, bilinear=11, bicubic=259),
    },
)

# ------------------------------------------------------------------ ptflops 0.7.5, pytorch_ops.py

PTFLOPS = Convention(
    "ptflops",
    "macs",
    hooks={
        **each(("nn.Conv2d", "nn.ConvTranspose2d", "nn.Linear"), with_bias(macs)),
        **each((*BATCH_NORMS, "nn.GroupNorm", "nn.InstanceNorm2d"), norm(1, 2)),
        "nn.LayerNorm": read,
        **each(("nn.ReLU", "nn.ELU", "nn.LeakyReLU", "nn.ReLU6", "nn.GELU"), read),
        "nn.PReLU": times(2, read),  # the module and, inside it, the function
        **each(("nn.MaxPool2d", "nn.AvgPool2d"), read),
        **each(("nn.AdaptiveMaxPool2d", "nn.AdaptiveAvgPool2d"), read),
        "nn.Upsample": made,
    },
    computed={
        **each((*ACTIVATIONS, *POOLS), read),
        "F.interpolate": made,
        "F.local_response_norm": local_response_norm,
    },
)

# ------------------------------------------------------------------ calflops 0.3.2, pytorch_ops.py


def _transposed(call: CountedCall) -> int:
    """Count as calflops does: outputs divided by the groups twice, a plain convolution's bias."""
    groups = int(call.argument("groups"))
    outputs = int(call.argument(1)) // groups
    channels, *extent = call.inputs[0]
    kernel = call.along_axes(2)
    products = 2 * prod(kernel) * channels * (outputs // groups) * prod(extent)
    axes = zip(
        extent, kernel, *map(call.along_axes, ("stride", "padding", "dilation")), strict=True
    )
    positions = prod((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in axes)
    return products + (outputs * positions if "bias" in call.weights else 0)


def _resized(call: CountedCall) -> int:
    """Count one channel of the new size, one row if that is one number, or the input."""
    size = call.argument("size")
    if size is None:
        return call.read
    return prod(size) if isinstance(size, tuple) else int(size)


CALFLOPS = Convention(
    "calflops",
    "FLOPs",
    computed={
        **each(("nn.Conv2d", "PaddedConv2d"), with_bias(flops)),
        "nn.ConvTranspose2d": _transposed,
        "nn.Linear": flops,
        **each(BATCH_NORMS, norm(1, 2)),
        **each(OTHER_NORMS, norm(4, 5)),
        **each((*ACTIVATIONS, "F.leaky_relu", "nn.PReLU", *POOLS), read),
        "F.interpolate": _resized,
        "F.local_response_norm": local_response_norm,
    },
)

CONVENTIONS = {
    convention.name: convention
    for convention in (TORCHINFO, FVCORE, THOP, PTFLOPS, CALFLOPS, TORCH)
}
