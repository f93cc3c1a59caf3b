"""The rewrites that make an inference engine of a network, in order.

Each is a pure function, exact up to rounding, that returns the graph itself where it finds
nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable

from archdsl.inference.passes.drop_idle import drop_idle
from archdsl.inference.passes.fold_norms import fold_norms
from archdsl.inference.passes.fuse_activations import fuse_activations
from archdsl.inference.passes.fuse_sums import fuse_sums
from archdsl.inference.passes.fuse_thresholds import fuse_thresholds
from archdsl.inference.passes.lower import lower
from archdsl.inference.passes.merge_siblings import merge_siblings
from archdsl.inference.passes.norm_pixels import norm_pixels
from archdsl.inference.passes.norms_before import norms_before
from archdsl.inference.passes.overwrite_shortcuts import overwrite_shortcuts
from archdsl.inference.passes.pool_first import pool_first
from archdsl.inference.passes.pool_maxima import pool_maxima
from archdsl.inference.passes.scale_means import scale_means
from archdsl.ir import Graph

Pass = Callable[[Graph], Graph]

INFERENCE: tuple[Pass, ...] = (
    drop_idle,  # first: a dropout between a layer and its norm hides the one from the other
    lower,  # gives every layer the recipe that the others rewrite
    fold_norms,  # before anything else takes a place behind a layer
    pool_first,  # a pool that has moved lets a norm see the layer behind it
    norms_before,  # takes the norms that could not be folded backwards, with their ReLUs
    fuse_activations,  # after the norms, which stood between layers and activations
    scale_means,  # needs the activations inside the branches
    fuse_sums,  # after the activations: a layer with one of its own cannot add
    merge_siblings,  # after all that asks for a convolution behind a value, which is now a slice
    fuse_thresholds,  # after the siblings: what is merged may be the only reader
    pool_maxima,  # anywhere: nothing else speaks of max pools
    norm_pixels,  # anywhere: nothing else speaks of this norm
    overwrite_shortcuts,  # last: where a value is read for the last time is known only now
)


def optimised(graph: Graph, passes: tuple[Pass, ...] = INFERENCE) -> Graph:
    """The graph of an inference engine: it computes what the trained network does."""
    for rewrite in passes:
        graph = rewrite(graph)
    return graph
