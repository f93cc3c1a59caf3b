"""Names from PyTorch, Keras and timm, with their counterparts in the language."""

from __future__ import annotations

from collections.abc import Iterable

# Names of ops and values, in lower case without `_` and `2d`; one with a space is advice.
NAMES = {
    "averagepooling": "avgpool",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "cat": "concat",
    "concatenate": "concat",
    "convolution": "conv",
    "convtranspose": "deconv",
    "convtransposed": "deconv",
    "dense": "linear",
    "elem": "add",
    "fc": "linear",
    "gap": "avgpool(global)",
    "globalaveragepooling": "avgpool(global)",
    "globalavgpool": "avgpool(global)",
    "globalmaxpool": "maxpool(global)",
    "globalmaxpooling": "maxpool(global)",
    "groupnorm": "gn",
    "groupnormalization": "gn",
    "hsigmoid": "hardsigmoid",
    "hswish": "hardswish",
    "instancenorm": "instance_norm",
    "instancenormalization": "instance_norm",
    "interpolate": "resize",
    "layernorm": "ln",
    "layernormalization": "ln",
    "localresponsenorm": "lrn",
    "maxpooling": "maxpool",
    "multiply": "mul",
    "none": "leave the argument out: it has a default",
    "null": "leave the argument out: it has a default",
    "same": "leave `pad` out where `conv` has an odd kernel: it keeps the size at stride 1;"
    " elsewhere write a number, as `pad=1`",
    "sequential": "write the layers one after another: `conv(3x3, 64) -> relu`",
    "spatialdropout": "dropout2d",
    "stochasticdepth": "drop_path",
    "swish": "silu",
    "true": "true",
    "false": "false",
    "upsampling": "upsample",
    "valid": "write `pad=0`",
    "view": "reshape",
    "zeropad": "pad",
    "zeropadding": "pad",
}
# Functions that the language has no name for.
FUNCTIONS = {
    "abs": "write `max(x, -x)`",
    "enumerate": "write `repeat i, n in list { … }`",
    "int": "write `floor(x)`, or divide whole numbers by `//`",
    "pow": "write `x ** y`",
    "sqrt": "write `x ** 0.5`",
}
# Activations and layers that are like another in name only.
ABSENT = frozenset({"attention", "celu", "crelu", "glu", "gru", "lstm", "mish", "rnn", "selu"})

# Names of arguments; one with a space is advice.
ARGUMENTS = {
    "activation": "put it behind the layer: `conv(3x3, 64) -> relu`",
    "filters": "channels",
    "global": "write `global` for the window: `avgpool(global)`",
    "in_channels": "leave it out: the channels that flow in are known",
    "in_features": "leave it out: the features that flow in are known",
    "inplace": "leave it out: generated code overwrites values where it may",
    "kernel_size": "kernel",
    "negative_slope": "slope",
    "num_channels": "leave it out: the channels that flow in are known",
    "num_features": "leave it out: the channels that flow in are known",
    "num_groups": "groups",
    "out_channels": "channels",
    "out_features": "features",
    "padding": "pad",
    "scale_factor": "scale",
    "strides": "stride",
    "units": "features",
    "use_bias": "bias",
}


def name(written: str, known: Iterable[str]) -> str | None:
    """The counterpart of a name: a `known` name, or advice, which contains a space."""
    plain = written.lower().replace("_", "").removesuffix("2d")
    found = NAMES.get(plain)
    if found is None:
        spelt = {word.replace("_", ""): word for word in known if word.islower()}
        found = spelt.get(plain)
    if found is not None and "(" in found and " " not in found:
        return f"write `{found}`"
    return found if found != written else None


def argument(written: str, known: Iterable[str]) -> str | None:
    """The counterpart of an argument's name: a `known` name, or advice."""
    found = ARGUMENTS.get(written)
    return found if found and (" " in found or found in known) else None
