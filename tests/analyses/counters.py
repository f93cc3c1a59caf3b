"""The popular counters themselves, each as a function from a module and an input's shape.

They warn while they are imported and run, patch torch, and write to the module they are given:
every call gets a new one. One that is not installed skips the test.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest
import torch
from torch import nn

import tests.torchvision_reference  # noqa: F401 - ptflops imports torchvision, which needs it

Shape = tuple[int, ...]


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _tool(name: str) -> ModuleType:
    found: ModuleType = pytest.importorskip(name, exc_type=ImportError)
    return found


def torch_flops(model: nn.Module, shape: Shape) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(1, *shape))
    return counter.get_total_flops()


def torchinfo_mult_adds(model: nn.Module, shape: Shape) -> int:
    with _quiet():
        found = _tool("torchinfo").summary(model, (1, *shape), verbose=0, device="cpu")
    return int(found.total_mult_adds)


def fvcore_flops(model: nn.Module, shape: Shape) -> int:
    logging.getLogger("fvcore.nn.jit_analysis").setLevel(logging.ERROR)
    with _quiet():
        analysis = _tool("fvcore.nn").FlopCountAnalysis(model.eval(), torch.zeros(1, *shape))
        return int(analysis.unsupported_ops_warnings(False).total())


def thop_macs(model: nn.Module, shape: Shape) -> int:
    with _quiet():
        found, _ = _tool("thop").profile(model.eval(), (torch.zeros(1, *shape),), verbose=False)
    return int(found)


def ptflops_macs(model: nn.Module, shape: Shape) -> int:
    with _quiet():
        found, _ = _tool("ptflops").get_model_complexity_info(
            model, shape, as_strings=False, print_per_layer_stat=False, backend="pytorch"
        )
    return int(found)


def calflops_flops(model: nn.Module, shape: Shape) -> int:
    """Past the package's head, which imports transformers: its counter does not."""
    if "calflops" not in sys.modules:
        spec = importlib.util.find_spec("calflops")
        if spec is None:
            pytest.skip("calflops is not installed")
        package = ModuleType("calflops")
        package.__path__ = list(spec.submodule_search_locations or ())
        sys.modules["calflops"] = package
    with _quiet():
        found, _, _ = _tool("calflops.flops_counter").calculate_flops(
            model, input_shape=(1, *shape), print_results=False, output_as_string=False
        )
    return int(found)


COUNTERS: dict[str, Callable[[nn.Module, Shape], int]] = {
    "torch": torch_flops,
    "torchinfo": torchinfo_mult_adds,
    "fvcore": fvcore_flops,
    "thop": thop_macs,
    "ptflops": ptflops_macs,
    "calflops": calflops_flops,
}
