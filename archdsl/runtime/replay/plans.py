"""Plans for images of each size: recorded operators, or oneDNN's graphs."""

from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any

from torch import Size, Tensor, nn

from archdsl.runtime.batches import in_parts, noise
from archdsl.runtime.bounded import Bounded
from archdsl.runtime.cpu.onednn_graphs import OnednnGraphs
from archdsl.runtime.gpu.autotune import fastest
from archdsl.runtime.hardware import onednn_takes
from archdsl.runtime.replay.recorder import Recorder

# Image sizes that an engine has plans for, and that it ever compiles graphs for.
PLANS = 8
# Seconds for a batch below which oneDNN's graphs may gain: they save a time per operator.
BRIEF = 0.2
# Numbers of equal parts in which a batch may be computed, to be brief enough.
PARTS = (1, 2, 4)


class Plans:
    """The plans of a network by image size: functions that compute it without modules."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.known: Bounded[tuple[Size, ...], Callable[..., Any]] = Bounded(PLANS)
        self.compiled = 0  # sizes that graphs were compiled for

    def __call__(self, *images: Tensor) -> Any:
        size = tuple(x.shape for x in images)
        if size not in self.known:
            self.known[size] = self.plan(images)
        return self.known[size](*images)

    def plan(self, images: Sequence[Tensor]) -> Callable[..., Any]:
        """Record the operators for some images, and compare oneDNN's graphs with them."""
        start = perf_counter()
        with Recorder(images) as recorder:
            result = nn.Module.__call__(self.network, *images)
        seconds = perf_counter() - start
        operators: Callable[..., Any] = recorder.function(result)
        first, batch = images[0], len(images[0])
        counts = [n for n in PARTS if seconds / n < BRIEF and batch % n == 0]
        possible = isinstance(result, Tensor) and onednn_takes(
            first.device, first.dtype
        )
        if not (counts and possible) or self.compiled == PLANS:
            return operators
        self.compiled += 1
        graphs = partial(in_parts, OnednnGraphs(self.network), counts[0])
        # Noise, since the images may contain NaN.
        trial = noise([x.shape for x in images], first.device, first.dtype)
        return fastest((operators, graphs), *trial)
