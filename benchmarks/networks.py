"""A network of the library in all its forms: graph, trained module, engine, reference, floor."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archdsl import driver, files
from archdsl.analyses.roofline import Rates, roofline, together
from archdsl.cli.main import main as archdsl
from archdsl.diagnostics import Sink
from archdsl.ir import Graph

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from torchvision_reference import models  # noqa: E402

REFERENCES = {"googlenet_bn": "googlenet"}  # torchvision's name, where it is another
UNTRAINED = {"googlenet": {"init_weights": False, "transform_input": False}}


@dataclass(frozen=True)
class Subject:
    """A network to be measured: its graph, its module as after a training, its engine's class."""

    name: str
    graph: Graph
    model: nn.Module
    engine: Any

    @property
    def ops(self) -> int:
        """How many ops an evaluation has."""
        return len(self.graph.evaluated())

    @property
    def size(self) -> tuple[int, ...]:
        """The shape of an image."""
        (size,) = self.engine.sizes
        return tuple(size)

    def floor(self, rates: Rates, batch: int) -> float:
        """The least seconds for a batch, as `archdsl profile` estimates them."""
        return together(each for _, each in roofline(self.graph, rates, batch)).seconds


def subject(name: str, folder: Path) -> Subject:
    """A network compiled into a folder, with weights drawn at random."""
    written(name, folder, "--target", "inference")
    module = imported(folder / f"{name}_inference.py")
    (engine,) = [value for key, value in vars(module).items() if key.endswith("Inference")]
    model = trained(built(folder / f"{name}.py"), *engine.sizes)
    return Subject(name, graph_of(name), model, engine)


def graph_of(name: str) -> Graph:
    """The graph of a network of the library."""
    source = files.given(name).source
    (graph,) = driver.graphs(source, files.library(), Sink(), driver.Request(name))
    return graph


def written(network: str, folder: Path, *options: str) -> Path:
    """The module that `archdsl compile` makes of a network of the library, or of a file."""
    with redirect_stdout(sys.stderr):
        if archdsl(["compile", network, *options, "-o", str(folder)]):
            raise SystemExit(f"{network} does not compile")
    return folder / f"{Path(network).stem}.py"


def imported(path: Path) -> ModuleType:
    """A generated file as a module."""
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module  # where dataclasses look for their annotations
    spec.loader.exec_module(module)
    return module


def built(path: Path) -> nn.Module:
    """The network of a generated file, from the factory of the file's name."""
    model: nn.Module = getattr(imported(path), path.stem)()
    return model


def trained(model: nn.Module, size: Sequence[int]) -> nn.Module:
    """A model in evaluation whose norms matter, with statistics of what it computes on images of a
    size: with others, most networks give the same for all images, and no mistake would show."""
    norms = [module for module in model.eval().modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, 0, 0.1)
        norm.momentum = 1.0
        norm.train()
    with torch.no_grad():
        model(pictures(8, size, "cpu"))
    return model.eval()


def pictures(batch: int, size: Sequence[int], device: str) -> Tensor:
    """Images at random, but with something to see: averages of mere noise are all alike."""
    channels, *extent = size
    coarse = torch.randn(batch, channels, 4, 4, device=device)
    fine = torch.randn(batch, channels, *extent, device=device)
    return F.interpolate(coarse, extent, mode="bilinear") + fine / 2


def reference(network: str, ours: nn.Module) -> nn.Module:
    """torchvision's model with our weights; where it has none, the module that we generate."""
    name = REFERENCES.get(network, network)
    if name not in models.list_models():
        return ours
    model: nn.Module = models.get_model(name, **UNTRAINED.get(name, {}))
    model.load_state_dict(ours.state_dict(), strict=True)
    return model.eval()
