"""The memory of a network in bytes: weights, gradients, optimizer state, activations.

All values have one type, as after `network.to(dtype)`; counters and indices stay 64-bit integers.
Not counted: autocast, whose lists of ops change with PyTorch; gradients of activations, which
backward makes and frees as it goes; workspaces of libraries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, log2

from archdsl.analyses.device_rates import WIDTHS
from archdsl.analyses.live_memory import LiveMemory, live_memory
from archdsl.analyses.saved_for_backward import saved_for_backward
from archdsl.ir import Graph
from archdsl.ops.base import Weight, volume

DTYPES = ("fp32", "bf16", "fp16", "fp64")  # that a network can be trained in


@dataclass(frozen=True)
class Optimizer:
    """The state of an optimizer of `torch.optim`: copies of each parameter, its step counter."""

    copies: int = 0
    step: int = 0  # bytes, once for each tensor


OPTIMIZERS: Mapping[str, Optimizer] = {
    "sgd": Optimizer(),
    "momentum": Optimizer(1),  # SGD(momentum=0.9)
    "nesterov": Optimizer(1),
    "rmsprop": Optimizer(1, step=4),
    "adagrad": Optimizer(1, step=4),
    "adam": Optimizer(2, step=4),
    "adamw": Optimizer(2, step=4),
}


@dataclass(frozen=True)
class Memory:
    """Memory in bytes for one batch size.

    `outputs` is the sum over all ops that evaluation runs, `saved` what autograd keeps in training,
    `live` the peaks of evaluation in several orders.
    """

    batch: int
    parameters: int
    gradients: int
    optimizer: int
    buffers: int
    outputs: int
    saved: int
    live: LiveMemory

    @property
    def inference(self) -> int:
        """The peak of evaluation: the network and its activations."""
        return self.parameters + self.buffers + self.live.generated

    @property
    def training(self) -> int:
        """The memory at the start of backward, with the gradients of parameters."""
        fixed = self.parameters + self.gradients + self.optimizer + self.buffers
        return fixed + self.saved


def packed(graph: Graph, density: float, bits: int) -> int:
    """Return about how many bytes `archdsl pack` needs for the weights of a network.

    Of each tensor with two or more dimensions a share `density` of the elements is kept, each as
    one of 2 ** bits - 1 values. The prediction is the entropy of the choice of elements, and of
    values that are all used equally often: files of trained weights are smaller. The other tensors
    are stored whole. Source: Han, Mao and Dally, "Deep compression", ICLR 2016.
    """
    count = 2**bits - 1
    entropy = -sum(p * log2(p) for p in (density, 1 - density) if p) + density * log2(count)
    total = 0.0
    for node in graph.nodes:
        for weight in node.op.weights(graph.operands(node)):
            if weight.learned and len(weight.shape) > 1:
                kept = round(density * volume(weight.shape))
                total += volume(weight.shape) * entropy / 8 + WIDTHS["fp32"] * min(count, kept)
            else:
                total += _bytes(weight, WIDTHS["fp32"])
    return ceil(total)


def memory(
    graph: Graph, batches: Iterable[int] = (1,), dtype: str = "fp32", optimizer: str = "momentum"
) -> list[Memory]:
    """Return the memory for each batch size; `dtype` and `optimizer` are keys of the tables."""
    width, state = WIDTHS[dtype], OPTIMIZERS[optimizer]
    weights = [weight for node in graph.nodes for weight in node.op.weights(graph.operands(node))]
    learned = [weight for weight in weights if weight.learned]
    parameters = sum(_bytes(weight, width) for weight in learned)
    buffers = sum(_bytes(weight, width) for weight in weights if not weight.learned)
    kept, image = saved_for_backward(graph, width).values(), live_memory(graph, width)
    return [
        Memory(
            batch,
            parameters,
            parameters,
            state.copies * parameters + state.step * len(learned),
            buffers,
            outputs(graph) * width * batch,
            sum(each.of(batch) for each in kept),
            image.times(batch),
        )
        for batch in batches
    ]


def outputs(graph: Graph) -> int:
    """Return how many values all ops of one image's evaluation output.

    Tools that watch modules add up the same, whether an output is new memory or not.
    """
    evaluated = graph.evaluated()
    nodes = (node for node in graph.nodes if node.inputs and node.id in evaluated)
    return sum(volume(node.shape) for node in nodes if not node.op.passes)


def _bytes(weight: Weight, width: int) -> int:
    return volume(weight.shape) * (weight.width or width)
