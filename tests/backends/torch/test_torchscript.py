"""What can be scripted: every op but `join`, networks with auxiliary outputs, shipped networks."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn
from torch.ao.quantization import get_default_qconfig_mapping
from torch.ao.quantization.quantize_fx import prepare_fx

from archdsl.backends.torch import emit
from archdsl.ir import Graph
from archdsl.ops import OPS
from archdsl.ops.base import Example
from tests.architectures.shipped import LARGER
from tests.architectures.shipped import graph_of as shipped
from tests.architectures.test_torchvision import NAMES
from tests.backends.torch.interpreter import graph_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.ao.quantization.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Please use quant_min:UserWarning"),
]
EXAMPLES = [each for op in OPS.values() if op.word != "join" for each in op.examples]
COUNTER = itertools.count()


def network(graph: Graph, folder: Path) -> Any:
    """The generated network, from a file: TorchScript reads its source."""
    path = folder / f"scripted{next(COUNTER)}.py"  # TorchScript knows tuples by their module
    path.write_text(emit(graph))
    return getattr(imported(path), graph.name)()


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def inputs(graph: Graph) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(2, *graph.nodes[n].shape, generator=generator) for n in graph.inputs]


def agree(graph: Graph, folder: Path) -> None:
    """In training and evaluation a script computes what the network does."""
    model = network(graph, folder)
    script = torch.jit.script(model)
    for training in (True, False):
        results = []
        for each in (model.train(training), script.train(training)):
            torch.manual_seed(2)
            results.append(each(*inputs(graph)))
        torch.testing.assert_close(results[1], results[0])


@pytest.mark.parametrize("label", ["", "named: "])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.text}")
def test_every_op_can_be_scripted(example: Example, label: str, tmp_path: Path) -> None:
    agree(graph_of(f"network net {{ input {example.inputs}\n {label}{example.text} }}"), tmp_path)


WHOLE = """
block unit(p, slope) {
  conv(3x3, 4) -> bn(momentum=0, eps=1) -> leaky_relu(slope) -> dropout(p) -> scale(2) -> elu(0)
}
block mixed(n) { conv(1x1, n) -> scale(n) }
network net { input 3x8x8
  repeat p in [0, 1] { unit(p, 1 - p) }
  unit(0.5, 1)
  repeat n in [4, 8] { mixed(n) }
  lrn(3, alpha=1, beta=1, k=2) -> layer_scale(1) -> prelu(slope=0) -> drop_path(0)
  skip { conv(1x1, 8) -> drop_path(1) }
  upsample(2) -> dropout2d(0) -> flatten -> dropout(0)
}"""


def test_rates_and_factors_may_be_whole_numbers(tmp_path: Path) -> None:
    """TorchScript makes no float of an int."""
    agree(graph_of(WHOLE), tmp_path)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_auxiliary_outputs_can_be_scripted(count: int, tmp_path: Path) -> None:
    asides = "\n".join(
        f"  conv(3x3, 4) -> a{i}: aux(weight=0.3) {{ conv(1x1, 2) }}" for i in range(count)
    )
    graph = graph_of(f"network net {{ input 3x8x8\n{asides}\n  conv(1x1, 5) -> dropout(0) }}")
    model = network(graph, tmp_path)
    script = torch.jit.script(model)
    found, expected = (each.train()(*inputs(graph)) for each in (script, model))
    assert found._fields == expected._fields
    torch.testing.assert_close([*found], [*expected])
    torch.testing.assert_close(script.eval()(*inputs(graph)), model.eval()(*inputs(graph)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.minutes if name in LARGER else ())
        for name in sorted({*NAMES, "googlenet"})
    ],
)
def test_shipped_networks_that_torchvision_has_can_be_scripted(name: str, tmp_path: Path) -> None:
    """As torchvision's can; `fractalnet20` and `fractalnet40` cannot, because of `join`."""
    path = tmp_path / f"{name}.py"
    path.write_text(emit(shipped(name)))
    with torch.device("meta"):
        model = getattr(imported(path), name)()
    torch.jit.script(model)


PADDED = """block zeros { avgpool(1x1, /2) -> pad_channels(5) }
network padded {
    input 3x8x8
    short: zeros
    conv(3x3, 4)
}"""


def test_padding_of_channels_asks_for_no_rank_at_run_time(tmp_path: Path) -> None:
    graph = graph_of(PADDED)
    agree(graph, tmp_path)
    model = network(graph, tmp_path).eval()
    traced = torch.fx.symbolic_trace(model)
    prepared = prepare_fx(model, get_default_qconfig_mapping("x86"), tuple(inputs(graph)))
    assert any(isinstance(module, nn.Conv2d) for module in prepared.modules())
    torch.testing.assert_close(traced(*inputs(graph)), model(*inputs(graph)))
