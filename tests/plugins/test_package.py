"""Ops of a second package: built, installed, found by its entry point, equal to torchvision's."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torchvision_reference  # noqa: F401 (before anything of torchvision)
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.ops import SqueezeExcitation

from tests.backends.torch.interpreter import load
from tests.plugins.running import archdsl

PACKAGE = Path(__file__).parent / "archdsl-attention"
NETWORK = """
network small(classes = 10) {
    input 3x12x10
    stem: conv(3x3, 32, /2) -> relu
    attention: squeeze_excite(reduction=8)
    avgpool(global) -> flatten -> fc: linear(classes)
}
"""


class Reference(nn.Module):
    """The same network with torchvision's own squeeze and excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2, 1)
        self.attention = SqueezeExcitation(32, 4)
        self.fc = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attention(self.stem(x).relu())
        return self.fc(x.mean((2, 3)))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the package is installed, as pip does it."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(PACKAGE, folder / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, *offline, "--target", str(folder / "site"), str(source)], check=True)
    return folder / "site"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    (tmp_path / "small.arch").write_text(NETWORK)
    return tmp_path


def test_a_package_brings_its_ops_by_being_installed(network: Path, site: Path) -> None:
    done = archdsl(network, site, "check", "small.arch")
    assert done.returncode == 0, done.stdout + done.stderr
    without = archdsl(network, None, "check", "small.arch")
    assert without.returncode == 1
    assert "there is no name `squeeze_excite`" in without.stdout


def test_its_op_computes_what_torchvision_does(network: Path, site: Path) -> None:
    done = archdsl(network, site, "compile", "small.arch", "-o", ".")
    assert done.returncode == 0, done.stderr
    ours = load((network / "small.py").read_text(), "generated_small").small().double()
    theirs = Reference().double()
    theirs.load_state_dict(ours.state_dict())
    results = []
    for model in (ours, theirs):
        x = torch.randn(2, 3, 12, 10, generator=torch.Generator().manual_seed(0)).double()
        output = model(x)
        output.square().sum().backward()
        gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
        results.append((output, gradients))
    torch.testing.assert_close(*results, rtol=1e-10, atol=1e-10)
    assert len(results[0][1]) == 8


def test_its_costs_are_those_that_pytorch_counts(network: Path, site: Path) -> None:
    done = archdsl(network, site, "summary", "small.arch", "--format", "json")
    totals = json.loads(done.stdout)["totals"]
    model = Reference()
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, 3, 12, 10))
    assert totals["params"] == sum(weight.numel() for weight in model.parameters())
    assert 2 * totals["macs"] == counter.get_total_flops()


def test_what_it_rejects_is_a_mistake_with_its_place(network: Path, site: Path) -> None:
    path = network / "small.arch"
    path.write_text(NETWORK.replace("reduction=8", "5"))
    done = archdsl(network, site, "check", "small.arch")
    assert done.returncode == 1
    assert "error[A390]: `squeeze_excite`: 32 channels are not a multiple of 5" in done.stdout
    assert "small.arch:5:5" in done.stdout
    assert "choose a `reduction` that divides them" in done.stdout


def test_an_unknown_argument_of_its_op_is_told_as_of_any_other(network: Path, site: Path) -> None:
    path = network / "small.arch"
    path.write_text(NETWORK.replace("reduction", "reductoin"))
    done = archdsl(network, site, "check", "small.arch")
    assert "did you mean `reduction`?" in done.stdout


def test_a_file_may_have_a_name_that_some_package_gives_an_op(network: Path, site: Path) -> None:
    path = network / "small.arch"
    path.write_text("block squeeze_excite(reduction) { dropout(1 / reduction) }\n" + NETWORK)
    assert archdsl(network, site, "check", "small.arch").returncode == 0
    path.write_text(path.read_text() + "network typo { input 3x8x8 -> rellu }\n")
    done = archdsl(network, site, "check", "small.arch")
    assert done.stdout.count("error[") == 1


def test_a_package_that_lies_beside_the_network_is_not_run(network: Path, site: Path) -> None:
    shutil.copytree(site, network, dirs_exist_ok=True)
    done = archdsl(network, None, "check", "small.arch")
    assert done.returncode == 1
    assert "there is no name `squeeze_excite`" in done.stdout


def test_a_package_that_cannot_be_loaded_is_told_in_one_line(
    network: Path, site: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(site, tmp_path / "broken")
    (broken / "archdsl_attention.py").write_text("import nothing_of_that_name\n")
    done = archdsl(network, broken, "check", "small.arch")
    assert done.returncode == 2
    assert "the plugin 'attention' of the package 'archdsl-attention' cannot be loaded" in (
        done.stderr
    )
    assert "No module named 'nothing_of_that_name'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_nothing_is_asked_where_every_name_is_known(network: Path, site: Path) -> None:
    (network / "plain.arch").write_text("network plain { input 3x8x8 -> relu }\n")
    done = archdsl(network, site, "check", "plain.arch", python=("-X", "importtime"))
    assert done.returncode == 0
    assert "archdsl.driver" in done.stderr
    assert "importlib.metadata" not in done.stderr
