"""The runtime of generated inference engines: layers, recipes of their weights, `Engine`.

The package needs PyTorch alone, and Triton on a GPU where that is installed.

    layers    convolutions, fully connected layers, norms, pools
    weights   the check of a state_dict; recipes that fold it into the layers' weights
    cpu       oneDNN: packed weights, Winograd's algorithm, graphs of operators
    gpu       Triton kernels, autotuning, concatenation in place
    replay    recorded operators, run again without modules
    engine    the class that loads weights and computes batches

`archdsl compile NETWORK --target inference --standalone` writes an engine that contains
what it needs of this package.
"""

from typing import Any

from archdsl.runtime.engine import Engine
from archdsl.runtime.layers.channels import Channels, densely
from archdsl.runtime.layers.convolutions import Conv, Conv3x3, Grouped, Pointwise
from archdsl.runtime.layers.layer import Activation
from archdsl.runtime.layers.linear import Linear
from archdsl.runtime.layers.norms import LocalResponseNorm, Norm, Threshold
from archdsl.runtime.layers.pooling import MaxPool, max_pool
from archdsl.runtime.version import VERSION, require_version
from archdsl.runtime.weights.recipes import Recipe, after, folded, merged, scaled

__all__ = [
    "VERSION",
    "Activation",
    "Channels",
    "Conv",
    "Conv3x3",
    "Engine",
    "Grouped",
    "Linear",
    "LocalResponseNorm",
    "MaxPool",
    "Norm",
    "Pointwise",
    "Recipe",
    "Threshold",
    "after",
    "densely",
    "folded",
    "max_pool",
    "merged",
    "require_version",
    "scaled",
]


def __getattr__(name: str) -> Any:
    """Explain a name that is missing: an engine imports names before its version check."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise ImportError(
        f"archdsl.runtime {VERSION} has no {name!r}: an engine compiled by another version "
        "of archdsl must be compiled again, `archdsl compile NETWORK --target inference`"
    )
