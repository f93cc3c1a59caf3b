"""A network at a small size, with what the checks of its uses need."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import torch
from torch import Tensor, nn

from archdsl.ir import Graph


class Case(NamedTuple):
    """A network at a small size: its generated file, its graph, and two images for it.

    `source` is the file as it is by default, `plain` with `--no-inplace`.
    """

    source: ModuleType
    plain: ModuleType
    graph: Graph
    images: Tensor
    folder: Path

    def model(self, training: bool = False, in_place: bool = True, seed: int = 0) -> nn.Module:
        """The network with weights of a seed, which keep the size of values, as trained ones do."""
        torch.manual_seed(seed)
        module = self.source if in_place else self.plain
        made: nn.Module = getattr(module, self.graph.name)()
        for parameter in made.parameters():
            if parameter.dim() > 1:
                nn.init.kaiming_normal_(parameter)
        return made.train(training)

    def layers(self, *kinds: str) -> list[str]:
        """The names that the summary shows for layers of some kinds that evaluation calls.

        The coin of a drop path is tossed before the path runs: it is not called as a layer.
        """
        evaluated = self.graph.evaluated()
        nodes = (node for node in self.graph.nodes if node.id in evaluated and not node.op.skips)
        return [node.path for node in nodes if node.op.kind in kinds]
