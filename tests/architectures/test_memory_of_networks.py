"""The memory of the shipped networks, held to what PyTorch keeps and to published figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from memory_meter import kept_for_backward, peak_beyond
from torch import nn
from torchvision_reference import models

from archdsl.analyses.memory import OPTIMIZERS, Memory, memory
from archdsl.ops.base import Shape
from tests.architectures.shipped import EACH, graph_of, model_of

BATCH = 2
SMALL = (3, 64, 64)
CIFAR = (3, 32, 32)
SLOW = pytest.mark.slow
MEASURED = [  # networks, and the input with which a processor runs them in about a second
    ("lenet5", None),
    ("alexnet", None),
    ("alexnet_owt", None),
    pytest.param("vgg11_bn", CIFAR, marks=SLOW),
    ("googlenet", None),
    ("googlenet_bn", SMALL),
    ("resnet18", SMALL),
    ("resnet50", SMALL),
    ("resnext50_32x4d", SMALL),
    ("preresnet110", None),
    ("wrn_40_4", None),
    ("densenet121", SMALL),
    ("densenet_bc100_12", None),
    ("squeezenet1_0", SMALL),
    ("fractalnet20", None),
]


def input_of(name: str, size: Shape | None, batch: int = BATCH) -> torch.Tensor:
    graph = graph_of(name, size)
    return torch.zeros(batch, *graph.nodes[graph.inputs[0]].shape)


def trained(name: str, size: Shape | None = None) -> nn.Module:
    """A network in training mode; of stochastic depth and of joins with all its paths."""
    model = model_of(name, size).train()
    for module in model.modules():
        if hasattr(module, "kept"):
            module.p = 0.0
        if hasattr(module, "draw"):
            module.drop = 0.0
    return model


def weights_of(model: nn.Module) -> list[torch.Tensor]:
    return [*model.parameters(), *model.buffers()]


@pytest.mark.parametrize(("name", "size"), MEASURED)
def test_autograd_keeps_what_is_said(name: str, size: Shape | None) -> None:
    torch.manual_seed(0)
    model = trained(name, size)
    images = input_of(name, size)
    kept = kept_for_backward(lambda: model(images), weights_of(model))
    assert memory(graph_of(name, size), [BATCH])[0].saved == kept


@pytest.mark.parametrize("name", EACH)
def test_autograd_keeps_what_is_said_of_every_network_in_its_own_size(name: str) -> None:
    """On the meta device, which computes nothing and has storages all the same."""
    with torch.device("meta"):
        model = trained(name)
        images = input_of(name, None)
    kept = kept_for_backward(lambda: model(images), weights_of(model))
    assert memory(graph_of(name), [BATCH])[0].saved == kept


@pytest.mark.parametrize(("name", "size"), MEASURED)
def test_the_generated_code_holds_what_is_said(name: str, size: Shape | None) -> None:
    torch.manual_seed(0)
    model = model_of(name, size).eval()
    images = input_of(name, size)
    held = peak_beyond(lambda: model(images), [images, *weights_of(model)])
    assert memory(graph_of(name, size), [BATCH])[0].live.generated == held + images.nbytes


@pytest.mark.parametrize("dtype", ["bf16", "fp16", "fp64"])
def test_autograd_keeps_what_is_said_in_other_types(dtype: str) -> None:
    types = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp64": torch.float64}
    with torch.device("meta"):
        model = model_of("squeezenet1_0").to(types[dtype]).train()
        images = input_of("squeezenet1_0", None).to(types[dtype])
    kept = kept_for_backward(lambda: model(images), weights_of(model))
    said = memory(graph_of("squeezenet1_0"), [BATCH], dtype)[0]
    assert said.saved == kept
    assert said.parameters == sum(p.nbytes for p in model.parameters())


# ------------------------------------------------------------------ weights and optimizers


def test_parameters_and_buffers_are_those_of_the_module() -> None:
    model = model_of("resnet18")
    said = memory(graph_of("resnet18"))[0]
    assert said.parameters == said.gradients == sum(p.nbytes for p in model.parameters())
    assert said.buffers == sum(b.nbytes for b in model.buffers())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_keeps_what_is_said(name: str) -> None:
    model = model_of("lenet5")
    made = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        "rmsprop": torch.optim.RMSprop,
        "adagrad": torch.optim.Adagrad,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }[name](model.parameters())
    model(input_of("lenet5", None)).sum().backward()
    made.step()
    values = [value for state in made.state.values() for value in state.values()]
    kept = sum(value.nbytes for value in values if isinstance(value, torch.Tensor))
    assert memory(graph_of("lenet5"), optimizer=name)[0].optimizer == kept


# ------------------------------------------------------------------ published and measured figures

# MB for one image in fp32, of torchvision's networks: parameters, all op outputs, saved for
# backward, peak in inference.
TABLE = {
    "alexnet_owt": (244.4, 4.43, 3.74, 1.38),
    "vgg16": (553.4, 114.80, 73.36, 25.69),
    "resnet18": (46.8, 32.92, 22.22, 6.42),
    "resnet50": (102.2, 150.25, 86.12, 9.63),
    "densenet201": (80.1, 306.19, 203.89, 8.43),
}


def megabytes(count: int) -> float:
    return count / 1_000_000


def of(name: str) -> Memory:
    return memory(graph_of(name))[0]


@pytest.mark.parametrize("name", TABLE)
def test_the_four_quantities_are_those_measured_of_torchvision(name: str) -> None:
    parameters, outputs, kept, alive = TABLE[name]
    said = of(name)
    assert megabytes(said.parameters) == pytest.approx(parameters, abs=0.051)
    assert megabytes(said.saved) == pytest.approx(kept, abs=0.0051)
    if name == "densenet201":  # theirs concatenates all maps anew for every layer, ours grows one
        repeated = 4 * (64 * 56**2 + 128 * 28**2 + 256 * 14**2 + 896 * 7**2)
        assert megabytes(said.outputs + repeated) == pytest.approx(outputs, abs=0.0051)
        assert megabytes(said.live.order) < alive
    else:
        assert megabytes(said.outputs) == pytest.approx(outputs, abs=0.0051)
        assert megabytes(said.live.order) == pytest.approx(alive, abs=0.0051)


def test_googlenet_is_as_measured_without_what_only_training_runs() -> None:
    graph = graph_of.__wrapped__("googlenet_bn")  # one of its own, to change
    graph.auxiliaries.clear()
    graph.remove({node.id for node in graph.nodes} - graph.evaluated())
    said = memory(graph)[0]
    assert megabytes(said.parameters) == pytest.approx(26.5, abs=0.051)
    assert megabytes(said.saved) == pytest.approx(48.23, abs=0.0051)
    assert megabytes(said.outputs) == pytest.approx(49.34, abs=0.0051)
    assert megabytes(said.live.order) == pytest.approx(6.42, abs=0.0051)


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "densenet121"])
def test_training_keeps_what_torchvisions_network_keeps(name: str) -> None:
    with torch.device("meta"):
        theirs = getattr(models, name)(weights=None).train()
        images = torch.zeros(BATCH, 3, 224, 224)
    kept = kept_for_backward(lambda: theirs(images), weights_of(theirs))
    assert memory(graph_of(name), [BATCH])[0].saved == kept


def test_the_pages_table_is_ours() -> None:
    page = (Path(__file__).parents[2] / "docs/memory.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+) ((?:\| [\d,.]+ ){4})\|$", page, re.MULTILINE)
    assert len(rows) == 6
    for name, cells in rows:
        said = of(name)
        quantities = (said.parameters, said.outputs, said.saved, said.live.order)
        shown = [cell.strip() for cell in cells.strip("| ").split("|")]
        assert shown == [f"{megabytes(count):,.2f}" for count in quantities]


@pytest.mark.parametrize("name", TABLE)
def test_the_best_order_is_proven(name: str) -> None:
    live = of(name).live
    assert live.best.proven
    assert live.joined.peak <= live.best.peak <= live.order <= live.generated


def test_a_better_order_projects_the_shortcut_first() -> None:
    """Where ResNeXt halves the image, the projection has half the size of what it is made of."""
    live = of("resnext101_64x4d").live
    assert live.best.proven
    assert live.best.peak < live.order
