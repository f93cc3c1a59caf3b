"""`--checkpoint dense`: the same gradients and statistics in about half of the memory."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.backends.torch import emit
from archdsl.backends.torch.outline import outline
from archdsl.backends.torch.recompute import SUPPORT
from archdsl.backends.torch.support import defined, support_of
from archdsl.ir import Graph
from archdsl.reserved import DEFINITIONS, VARIABLES
from tests.architectures.shipped import graph_of as shipped
from tests.backends.torch.interpreter import graph_of, load
from tests.memory_meter import LiveStorages

UNEVEN = """block layer(c) {
    bn -> relu6 -> conv(3x3, c, pad=[0, 2, 1, 1]) -> gn(2) -> relu -> conv(3x3, c)
}

block active { relu -> conv(3x3, 2) }

network net {
    input 3x8x8
    conv(3x3, 4)
    even: dense 3 { bn -> relu -> conv(3x3, 2) -> dropout(0.5) }
    uneven: dense c in [2, 5, 3] { bn -> relu -> conv(1x1, 4 * c) -> bn -> conv(3x3, c) }
    one: dense 1 { conv(3x3, 2) -> relu }
    bare: dense 2 { conv(3x3, 2) }
    others: dense 2 {
        leaky_relu -> conv(3x3, 2) -> bn(affine=false) -> elu -> conv(3x3, 2, groups=2)
    }
    after: dense 2 { conv(3x3, 2) -> active }
    inside: dense 2 { layer(4) -> dropout(0.5) }
    ranged: dense 2 { lrn(3) -> tanh -> conv(3x3, 2) -> ln -> conv(1x1, 2) }
    gated: dense 2 {
        mul { | identity | avgpool(global) -> conv(1x1, in.channels) -> sigmoid }
        bn -> silu -> conv(3x3, 2, bias=false)
    }
    avgpool(global) -> flatten -> linear(3)
}"""


def pair(graph: Graph, dtype: torch.dtype = torch.float64) -> tuple[nn.Module, nn.Module]:
    """The network as it is, and with recomputation; with the same weights."""
    plain = getattr(load(emit(graph), "plain"), graph.name)()
    again = getattr(load(emit(graph, recompute=True), "recomputing"), graph.name)()
    again.load_state_dict(plain.state_dict(), strict=True)
    return plain.to(dtype), again.to(dtype)


def step(model: nn.Module, x: Tensor) -> tuple[Tensor, int]:
    """One forward and backward: the output, and the most memory held beside the weights."""
    torch.manual_seed(0)
    known = [*model.parameters(), *model.buffers(), x]
    with LiveStorages(known) as counted:
        result = model(x)
        result.double().square().mean().backward()
    return result.detach(), counted.peak


def near(a: Tensor, b: Tensor, most: float, least: float = 0.0) -> bool:
    """Whether two values differ by no more than a part `most` of the larger of |b| and `least`."""
    return float((a - b).norm()) <= most * max(float(b.norm()), least)


def same(ours: nn.Module, theirs: nn.Module, most: float = 1e-9) -> None:
    """Gradients and statistics are equal up to rounding, in double precision.

    A bias in front of a norm has no gradient but rounding: it is measured by the largest one.
    """
    largest = max(float(p.grad.norm()) for p in theirs.parameters() if p.grad is not None)
    for (name, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert (a.grad is None) == (b.grad is None) == (not a.requires_grad), name
        assert a.grad is None or near(a.grad, b.grad, most, largest), name  # type: ignore[arg-type]
    for (name, a), b in zip(ours.named_buffers(), theirs.buffers(), strict=True):
        assert near(a.double(), b.double(), most, 1.0), name


def test_densenet_has_equal_gradients_and_statistics_at_half_of_the_peak() -> None:
    torch.manual_seed(0)
    plain, again = pair(shipped("densenet121"))
    x = torch.randn(4, 3, 128, 128).double()
    (expected, before), (found, after) = step(plain.train(), x), step(again.train(), x)
    assert near(found, expected, 1e-12)
    same(again, plain)
    assert after <= 0.55 * before


@pytest.mark.parametrize("dtype", [None, torch.bfloat16], ids=["fp64", "autocast"])
def test_dense_blocks_of_any_kind_have_equal_gradients(dtype: Any) -> None:
    torch.manual_seed(0)
    """In mixed precision the two may round a half's last place, 2**-8, in their own ways."""
    mixed = dtype is not None
    kind, most = (torch.float32, 0.1) if mixed else (torch.float64, 1e-9)
    plain, again = pair(graph_of(UNEVEN), kind)
    x = torch.randn(8, 3, 16, 16, dtype=kind)
    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        outputs = [step(model.train(), x)[0] for model in (plain, again)]
    assert near(*outputs, most)
    same(again, plain, most)


def test_weights_may_be_frozen_and_statistics_fixed() -> None:
    torch.manual_seed(0)
    plain, again = (model.train() for model in pair(graph_of(UNEVEN)))
    x = torch.randn(2, 3, 8, 8).double()
    for model in (plain, again):
        for name, weight in model.named_parameters():
            weight.requires_grad_(sum(map(ord, name)) % 2 == 0)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d) and module.num_features % 2:
                module.eval()
        step(model, x)
    known = [weight.grad is None for weight in again.parameters()]
    assert set(known) == {True, False}
    same(again, plain)


def test_changing_what_backward_needs_is_noticed() -> None:
    _, again = pair(graph_of(UNEVEN))
    loss = again.train()(torch.randn(2, 3, 8, 8).double()).sum()
    with torch.no_grad():
        again.get_parameter("even.1.2.weight").mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_evaluation_is_the_same() -> None:
    plain, again = pair(graph_of(UNEVEN))
    x = torch.randn(2, 3, 8, 8).double()
    with torch.no_grad():
        assert near(again.eval()(x), plain.eval()(x), 1e-12)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("recorder", ["fx", "jit", "export", "compile"])
def test_graphs_record_the_layers(recorder: str, training: bool) -> None:
    torch.manual_seed(0)
    plain, again = (model.train(training) for model in pair(graph_of(UNEVEN)))
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    graph: Any = {
        "fx": lambda: torch.fx.symbolic_trace(again),
        "jit": lambda: torch.jit.trace(again, x, check_trace=False),
        "export": lambda: torch.export.export(again, (x,)).module(),
        "compile": lambda: torch.compile(again, fullgraph=True, backend="eager"),
    }[recorder]()
    results = []
    for each in (plain, graph):
        torch.manual_seed(1)
        results.append(each(x))
    torch.testing.assert_close(results[1], results[0])
    if recorder != "export":  # which has weights of its own
        for result in results:
            result.square().mean().backward()
        for (name, a), b in zip(again.named_parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(a.grad, b.grad, msg=name)


def test_every_step_counts_a_batch_once() -> None:
    _, again = pair(graph_of(UNEVEN))
    for _ in range(2):
        again.train()(torch.randn(2, 3, 8, 8).double()).sum().backward()
    assert {int(b) for n, b in again.named_buffers() if n.endswith("tracked")} == {2}


NAMED = """network again {
    input 3x8x8
    together: dense 2 {
        recomputed: conv(3x3, 4)
        features: conv(1x1, 4)
        add { | bn -> relu -> conv(3x3, 4) | @recomputed | @features }
    }
    gradients: conv(1x1, 3)
    add { | @gradients | conv(1x1, 3) }
}"""


def test_layers_may_be_called_as_what_recomputes_them() -> None:
    torch.manual_seed(0)
    plain, again = pair(graph_of(NAMED))
    x = torch.randn(2, 3, 8, 8).double()
    assert near(step(again.train(), x)[0], step(plain.train(), x)[0], 1e-12)
    same(again, plain)


def test_functions_beside_a_network_have_names_that_no_network_has() -> None:
    """Nor has a variable: classes alone get other names where they would meet one."""
    sources = [*support_of(outline(shipped("fractalnet20"))), SUPPORT]
    functions = {name for source in sources for name in defined(source) if name.islower()}
    assert {"draw_paths", "recomputed"} == functions
    assert functions <= DEFINITIONS & VARIABLES


@pytest.mark.parametrize("name", ["any", "callable", "sequence"])
def test_no_class_hides_a_type_that_the_file_imports(name: str) -> None:
    block = f"block {name}(width) {{ bn -> relu -> conv(3x3, width) -> conv(1x1, 2) }}"
    text = f"{block}\nnetwork net {{ input 3x8x8\n d: dense i in range(2) {{ {name}(i + 1) }} }}"
    imported = {"Any", "Callable", "Sequence"}
    tree = ast.parse(emit(graph_of(text), recompute=True))
    assert imported <= {n.name for f in tree.body if isinstance(f, ast.ImportFrom) for n in f.names}
    assert imported.isdisjoint(c.name for c in tree.body if isinstance(c, ast.ClassDef))


UNNAMED = "network net { input 3x8x8\n dense 2 { bn -> relu -> conv(3x3, 2) } }\n"


def test_a_network_without_dense_blocks_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "net.arch").write_text(UNNAMED)
    for name in ("lenet5", str(tmp_path / "net.arch")):
        command = [sys.executable, "-m", "archdsl", "compile", name, "--checkpoint", "dense"]
        run = subprocess.run(
            [*command, "-o", str(tmp_path / "out")], capture_output=True, text=True, check=False
        )
        assert run.returncode == 2
        assert "no network here has a block `label: dense … { … }`" in run.stderr
        assert not (tmp_path / "out").exists()


def test_the_file_is_as_ruff_would_have_it(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(emit(shipped("densenet40_12"), recompute=True))
    for command in (["format", "--check"], ["check"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout
