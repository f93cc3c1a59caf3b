"""Dense blocks that keep only what convolutions make; backward computes the rest again.

Source: Pleiss et al. 2017, arXiv:1707.06990, "Memory-efficient implementation of DenseNets".
"""

from __future__ import annotations

from archdsl.ir import Graph


def readers_of_kept(graph: Graph) -> set[int]:
    """The nodes of dense blocks that read what a convolution made, which must stay as it is."""
    found = set()
    for node in graph.nodes:
        if any(scope.kind == "dense" for scope in node.scope.lineage()):
            source = graph.nodes[node.inputs[0]]
            while source.op.views and source.inputs:
                source = graph.nodes[source.inputs[0]]
            if source.op.weighted:
                found.add(node.id)
    return found


IMPORTS = (
    "from collections.abc import Iterator",
    "from contextlib import AbstractContextManager, contextmanager",
)
CHECKPOINT = (
    "from torch.utils.checkpoint import (",
    "    CheckpointPolicy,",
    "    checkpoint,",
    "    create_selective_checkpoint_contexts,",
    ")",
)

SUPPORT = '''
def kept(_context: object, op: object, *_: object, **__: object) -> CheckpointPolicy:
    """Of a layer only the results of its convolutions are kept for backward."""
    convolution = op is torch.ops.aten.convolution.default
    return (
        CheckpointPolicy.MUST_SAVE if convolution else CheckpointPolicy.PREFER_RECOMPUTE
    )


@contextmanager
def once(layer: nn.Module, inner: AbstractContextManager[object]) -> Iterator[None]:
    """A batch that is computed again does not count again in running statistics."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d)
    norms = [module for module in layer.modules() if isinstance(module, kinds)]
    before = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum, norm.num_batches_tracked = 0.0, None
    try:
        with inner:
            yield
    finally:
        for norm, (momentum, batches) in zip(norms, before):
            norm.momentum, norm.num_batches_tracked = momentum, batches


def recomputed(layer: nn.Module, features: list[Tensor]) -> Tensor:
    """The layer on all features so far, without keeping their concatenation."""

    def contexts() -> tuple[AbstractContextManager, AbstractContextManager]:
        first, again = create_selective_checkpoint_contexts(kept)
        return first, once(layer, again)

    def run(*parts: Tensor) -> Tensor:
        return layer(torch.cat(parts, 1))

    if not torch.is_grad_enabled():
        return run(*features)
    return checkpoint(run, *features, use_reentrant=False, context_fn=contexts)
'''

FORWARD = (
    "    def forward(self, x: Tensor) -> Tensor:",
    "        features = [x]",
    "        for layer in self:",
    "            features.append(recomputed(layer, features))",
    "        return torch.cat(features, 1)",
)
