"""Rounds as another processor might: a plugin that finds tests whose numbers are ill-conditioned.

`pytest -p tests.rounding --ulps 10 tests/passes` adds noise of up to so many units in the last
place to the result of every operator that sums, or that evaluates a transcendental function. The
noise is a function of the operator and of its operands' shapes and strides, as a processor's
choice of a kernel is: the same call gives the same numbers. A comparison that fails needs
better-conditioned numbers: larger images and batches, so that batch norms see many values.
PyTorch cannot script or trace under the plugin, nor mix fake tensors with it: the tests that do, in
`test_script.py` and `test_tower_placement.py`, fail for that reason.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

ROUNDED = re.compile(
    r"::_?(native_)?(thnn_)?(mkldnn_)?(convolution|conv|addmm|addbmm|mm|bmm|linear|batch_norm"
    r"|layer_norm|group_norm|mean|sum|var|avg_pool2d|adaptive_avg_pool2d|upsample"
    r"|exp|sigmoid|tanh|gelu|silu|softmax|log_softmax|pow|rsqrt)(?![a-z])"
)


class Rounding(TorchDispatchMode):
    """Adds noise to the results of operators that processors round in their own ways."""

    def __init__(self, ulps: int) -> None:
        super().__init__()
        self.ulps = ulps
        self.rounded = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func._schema.name
        if ROUNDED.search(name):
            tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
            key = f"{name} {[(tuple(t.shape), t.stride()) for t in tensors]}"
            self._round(result, zlib.crc32(key.encode()))
        return result

    def _round(self, result: Any, seed: int) -> None:
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor) and leaf.is_floating_point() and not leaf.is_mkldnn:
                random = torch.Generator().manual_seed(seed)
                ulp = torch.finfo(leaf.dtype).eps
                most = self.ulps if leaf.dtype.itemsize >= 4 else 1  # halves are rounded once
                noise = torch.rand(leaf.shape, generator=random, dtype=torch.float64)
                leaf.mul_(1 + (2 * noise - 1) * (most * ulp))
                self.rounded += 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ulps", type=int, default=10, help="noise in units in the last place")


@pytest.fixture(autouse=True)
def _rounded(request: pytest.FixtureRequest) -> Iterator[None]:
    with Rounding(request.config.getoption("--ulps")):
        yield
