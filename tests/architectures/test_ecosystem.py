"""Generated networks work with what people do with PyTorch networks: networks by uses."""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import torch

from archdsl.backends.torch import emit
from tests.architectures.shipped import graph_of
from tests.architectures.use_case import Case
from tests.architectures.uses import USES, compiled_in_evaluation

PAGE = Path(__file__).parents[2] / "docs" / "ecosystem.md"
SIZES: dict[str, tuple[tuple[int, ...], str]] = {
    "lenet5": ((1, 32, 32), ""),
    "alexnet": ((3, 67, 67), "classes=10"),
    "vgg11_bn": ((3, 32, 32), "widths=[4, 8, 8, 8, 8];classes=10"),
    "resnet18": ((3, 32, 32), "layers=[1, 1, 1, 1];classes=10"),
    "densenet_bc100_12": ((3, 32, 32), "n=2"),
    "squeezenet1_1": ((3, 64, 64), "stages=[[1], [1], [1]];classes=10"),
    "fractalnet20": ((3, 32, 32), "columns=2;widths=[8, 8, 8, 8, 8]"),
    "stochastic_resnet110": ((3, 32, 32), "n=1"),
    "googlenet_bn": ((3, 64, 64), "classes=10"),
}
# What cannot be done, with the reason that PyTorch gives.
REFUSED = {
    # The exported file is right; onnx's own evaluator sizes pools with `ceil=true` wrongly.
    ("ONNX export", "googlenet_bn"): "all the input array dimensions except for the concatenation",
    ("`torch.jit.script`", "fractalnet20"): "Compiled functions can't take variable number of",
}
# Cells that take long: networks with a norm that no convolution precedes, for which torchao
# exports 96 patterns, traces of large networks in training, and what compiles a large network.
COMPILERS = [use for use in USES if any(w in use for w in ("compile", "export", "quantisation"))]
MINUTES = [
    *((use, name) for use in [*COMPILERS, "ONNX export"] for name in ("googlenet_bn", "vgg11_bn")),
    ("ONNX export", "alexnet"),
    *(("pt2e quantisation", name) for name in ("densenet_bc100_12", "fractalnet20")),
    *(
        (f"{use}, training", name)
        for use in ("`torch.export`", "`torch.fx.symbolic_trace`")
        for name in ("alexnet", "densenet_bc100_12")
    ),
]
# Cells that take seconds, of large networks.
SLOW = [
    *MINUTES,
    *((use, name) for use in USES for name in ("alexnet", "googlenet_bn", "vgg11_bn")),
    *(("ONNX export", name) for name in ("densenet_bc100_12", "fractalnet20")),
]
MARKS = ((SLOW, pytest.mark.slow), (MINUTES, pytest.mark.minutes))
CELLS = [
    pytest.param(use, name, marks=[mark for cells, mark in MARKS if (use, name) in cells])
    for name in SIZES
    for use in USES
]

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.ao.quantization.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Please use quant_min:UserWarning"),
    pytest.mark.filterwarnings("ignore:The input of maxpool2d is not quantized:UserWarning"),
    pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning"),
    pytest.mark.filterwarnings("ignore:NOTE. The nodes obtained by tracing:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec:FutureWarning"),
]


@cache
def source(name: str, folder: Path, in_place: bool) -> ModuleType:
    """The generated file of a network, imported from where TorchScript and pickle find it."""
    path = folder / f"{name}{'' if in_place else '_plain'}.py"
    path.write_text(emit(graph_of(name, *SIZES[name]), in_place=in_place))
    spec = importlib.util.spec_from_file_location(f"ecosystem_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


def case_of(name: str, sources: Path, folder: Path) -> Case:
    size = SIZES[name][0]
    images = torch.randn(2, *size, generator=torch.Generator().manual_seed(0))
    files = source(name, sources, True), source(name, sources, False)
    return Case(*files, graph_of(name, *SIZES[name]), images, folder)


@pytest.mark.parametrize(("use", "name"), CELLS)
def test_a_network_can_be_used(use: str, name: str, sources: Path, tmp_path: Path) -> None:
    case = case_of(name, sources, tmp_path)
    reason = REFUSED.get((use, name))
    if reason is None:
        USES[use](case)
        return
    with pytest.raises(Exception, match=re.escape(reason)):
        USES[use](case)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "densenet_bc100_12", "vgg11_bn"])
def test_aot_autograd_keeps_outputs_and_gradients(name: str, sources: Path, tmp_path: Path) -> None:
    compiled_in_evaluation(case_of(name, sources, tmp_path), backend="aot_eager")


def test_the_page_has_each_use_with_its_exceptions() -> None:
    table = PAGE.read_text("utf-8").partition("| use | does not work |\n|---|---|\n")[2]
    rows = [line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].splitlines()]
    assert [row[0].removesuffix(" |") for row in rows] == list(USES)
    exceptions = {row[0]: row[1] for row in rows if len(row) > 1}
    assert exceptions.keys() == {use for use, _ in REFUSED}
    for (use, name), reason in REFUSED.items():
        assert f"`{name}`" in exceptions[use]
        assert reason in exceptions[use]


def test_the_page_names_each_network() -> None:
    listed = PAGE.read_text("utf-8").partition("at a reduced size:")[2].partition("(")[0]
    assert re.findall(r"`(\w+)`", listed) == list(SIZES)
