"""Towers on devices of their own: the same function, and only the paper's traffic between them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from archdsl.backends.torch import Devices, emit
from archdsl.diagnostics import Rejected
from archdsl.ir import Graph, verify
from archdsl.passes.towers import place_towers
from tests.architectures.shipped import graph_of as shipped
from tests.backends.torch.interpreter import graph_of, load

TOWERS = """
inline block both { concat { | identity | identity } }
network net {
    input 4x8x8
    both
    early: split 2 on devices { conv(3x3, 6) -> bn -> relu }
    both
    late: split 2 on devices { conv(3x3, 4) -> relu }
    split 2 on devices { conv(3x3, 2) }
    flatten -> fc: linear(3)
}"""


def placed(graph: Graph, devices: tuple[str, ...]) -> Any:
    made = place_towers(graph, len(devices))
    verify(made.graph)
    text = emit(made.graph, None, Devices(made.devices, made.elsewhere))
    torch.manual_seed(0)
    return getattr(load(text, "placed"), graph.name)(devices=devices)


def plain(graph: Graph) -> nn.Module:
    torch.manual_seed(0)
    made: nn.Module = getattr(load(emit(graph)), graph.name)()
    return made


@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_gradients_are_those_of_one_device(training: bool) -> None:
    graph = graph_of(TOWERS)
    ours, theirs = placed(graph, ("cpu", "cpu")), plain(graph)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x = torch.randn(2, 4, 8, 8).double()
    found = [model.double().train(training)(x) for model in (ours, theirs)]
    torch.testing.assert_close(*found)
    for value in found:
        value.square().sum().backward()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)


def test_alexnet_computes_the_same_on_two_devices_as_on_one() -> None:
    graph = shipped("alexnet_towers")
    ours, theirs = placed(graph, ("cpu", "cpu")).eval(), plain(graph).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x = torch.randn(1, 3, 227, 227)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))


def test_towers_are_where_they_belong() -> None:
    model = placed(shipped("alexnet_towers"), ("cpu", "meta"))
    found = {name: parameter.device.type for name, parameter in model.named_parameters()}
    assert {name.split(".")[0] for name in found} == {"early", "late", "fc6", "fc7", "fc8"}
    for name, device in found.items():
        assert device == (
            "meta" if re.search(r"\.1\.", f"{name}.") and "fc8" not in name else "cpu"
        )


class Moves(torch.utils._python_dispatch.TorchDispatchMode):
    """Notes what goes from device to device, and refuses ops on operands of two."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, tuple[int, ...]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is torch.ops.aten._to_copy.default:
            source: Tensor = args[0]
            self.found.append((str(source.device), str(result.device), tuple(result.shape)))
        return result


def test_alexnet_moves_activations_only_in_front_of_conv3_and_the_full_layers() -> None:
    graph = shipped("alexnet_towers")
    model = placed(graph, ("cpu", "meta")).eval()
    model.devices = ("cuda:0", "cuda:1")
    with FakeTensorMode():  # devices are checked in every operation, without having them
        for module in model.modules():
            for name, value in module._parameters.items():
                device = "cuda:1" if value.device.type == "meta" else "cuda:0"
                module._parameters[name] = nn.Parameter(torch.empty(value.shape, device=device))
        x = torch.empty(1, 3, 227, 227, device="cuda:0")
        with Moves() as moves, torch.no_grad():
            assert str(model(x).device) == "cuda:0"
    there, back = ("cuda:0", "cuda:1"), ("cuda:1", "cuda:0")
    assert Counter(moves.found) == Counter(
        [
            (*there, (1, 3, 227, 227)),  # the image
            *((*way, (1, 128, 13, 13)) for way in (there, back)),  # conv3
            *((*way, (1, 4608)) for way in (there, back)),  # fc6: half of 9216
            *((*way, (1, 2048)) for way in (there, back)),  # fc7
            (*back, (1, 2048)),  # fc8
        ]
    )


def test_the_graph_itself_stays_as_it_was() -> None:
    graph = graph_of(TOWERS)
    before = [(node.op, node.inputs) for node in graph.nodes]
    place_towers(graph, 2)
    assert [(node.op, node.inputs) for node in graph.nodes] == before


def test_a_tower_that_reads_another_is_refused() -> None:
    graph = graph_of("""network net {
  input 4x8x8
  split on devices { | a: conv(3x3, 2) -> relu | add { | identity | @a } }
}""")
    with pytest.raises(Rejected) as refused:
        place_towers(graph, 2)
    assert "`a`" in refused.value.diagnostic.message


def compile_(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "archdsl", "compile", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_compile_writes_it_as_ruff_would_have_it(tmp_path: Path) -> None:
    run = compile_("alexnet_towers", "--devices", "2", "-o", str(tmp_path))
    assert run.returncode == 0, run.stderr
    for command in (["format", "--check"], ["check"]):
        checked = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout


def test_a_network_without_towers_is_told_so(tmp_path: Path) -> None:
    run = compile_("lenet5", "--devices", "2", "-o", str(tmp_path))
    assert run.returncode == 2
    assert "split … on devices" in run.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", ["0", "two", "-1", "65", "9999999999"])
def test_a_number_of_devices_that_is_none_is_refused(number: str, tmp_path: Path) -> None:
    run = compile_("alexnet_towers", f"--devices={number}", "-o", str(tmp_path))
    assert run.returncode == 2
    assert "devices" in run.stderr
