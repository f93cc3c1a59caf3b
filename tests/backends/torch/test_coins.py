"""Drop paths and joins in recorded graphs: every call tosses anew, in the graph's own mode."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.ao.quantization import (
    disable_fake_quant,
    get_default_qat_qconfig_mapping,
    get_default_qconfig_mapping,
)
from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx, prepare_qat_fx

from archdsl.backends.torch import emit
from tests.backends.torch.interpreter import graph_of, load

PATHS = """network net {{
  input 3x8x8
  conv(3x3, 8) -> relu
  repeat 3 {{ skip {{ conv(3x3, 8) -> bn -> drop_path({arguments}) }} }}
}}"""
JOIN = """network net {
  input 2x4x4
  stem: conv(1x1, 2) -> join(drop=0.5) { | conv(3x3, 2) -> bn | conv(1x1, 2) | identity }
}"""
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.ao.quantization.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Please use quant_min:UserWarning"),
    pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]
IMAGES = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def recordings() -> dict[str, Callable[[nn.Module, Tensor], Any]]:
    def compiled(model: nn.Module, x: Tensor) -> Any:
        torch._dynamo.reset()
        return torch.compile(model, fullgraph=True, backend="eager")

    return {
        "fx": lambda model, x: torch.fx.symbolic_trace(model),
        "jit": lambda model, x: torch.jit.trace(model, x, check_trace=False),
        "export": lambda model, x: torch.export.export(model, (x,)).module(),
        "compile": compiled,
    }


recorders = pytest.mark.parametrize("recorder", recordings())


def source(arguments: str) -> ModuleType:
    return load(emit(graph_of(PATHS.format(arguments=arguments) if arguments else JOIN)))


def network(arguments: str) -> Any:
    torch.manual_seed(0)
    return source(arguments).net().double()


def convolutions(model: nn.Module) -> int:
    return sum(isinstance(module, nn.Conv2d) for module in model.modules())


def paths(model: Any, coins: tuple[bool, ...], factor: float = 1) -> Tensor:
    """The network of three paths by hand: batch statistics, and those paths that coins keep."""
    x = torch.relu(model.conv1(IMAGES.double()))
    for number, coin in enumerate(coins, 1):
        inside = getattr(model, f"conv{number + 1}")(x)
        norm = getattr(model, f"bn{number}")
        inside = nn.functional.batch_norm(inside, None, None, norm.weight, norm.bias, training=True)
        x = x + inside * factor if coin else x
    return x


def which(found: Tensor, candidates: dict[Any, Tensor]) -> Any:
    """The one candidate that a result is."""
    (same,) = (key for key, value in candidates.items() if torch.allclose(found, value))
    return same


# ------------------------------------------------------------------ paths


@recorders
@pytest.mark.parametrize(("arguments", "factor"), [("0.5", 1), ("0.5, scale=train", 2)])
def test_a_graph_recorded_in_training_tosses_at_every_call(
    recorder: str, arguments: str, factor: float
) -> None:
    model = network(arguments).train()
    graph = recordings()[recorder](model, IMAGES.double())
    coins = list(itertools.product([False, True], repeat=3))
    candidates = {each: paths(model, each, factor) for each in coins}
    found = Counter(which(graph(IMAGES.double()), candidates) for _ in range(100))
    assert len(found) >= 6
    assert all(0 < sum(n for each, n in found.items() if each[i]) < 100 for i in range(3))


@recorders
@pytest.mark.parametrize("arguments", ["0.5", "0.5, scale=train", "0.5, mode=sample", ""])
def test_a_graph_recorded_in_evaluation_tosses_nothing(recorder: str, arguments: str) -> None:
    model = network(arguments).eval()
    x = IMAGES.double() if arguments else IMAGES[:, :2, :4, :4].double()
    graph = recordings()[recorder](model, x)
    for _ in range(3):
        torch.testing.assert_close(graph(x), model(x))


@pytest.mark.parametrize("arguments", ["0.5", "0.5, scale=train", "0.5, mode=sample", ""])
def test_an_fx_graph_of_training_is_in_evaluation_the_module(arguments: str) -> None:
    model = network(arguments).train()
    x = IMAGES.double() if arguments else IMAGES[:, :2, :4, :4].double()
    graph = torch.fx.symbolic_trace(model)
    assert convolutions(graph) == convolutions(model)
    graph.eval()
    model.eval()
    torch.testing.assert_close(graph(x), model(x))
    graph.train()
    assert len({float(graph(x).detach().square().sum()) for _ in range(40)}) > 2


def test_a_path_for_each_image_is_masked_in_a_graph() -> None:
    model = network("0.5, mode=sample").train()
    graph = torch.fx.symbolic_trace(model)
    x = IMAGES.double()
    stem = torch.relu(model.conv1(x))
    drop = torch.fx.symbolic_trace(model.drop_path1.train())
    ratio = drop(stem + 1) / (stem + 1)
    assert graph(x).shape == stem.shape
    assert torch.equal(ratio.flatten(1).amin(1), ratio.flatten(1).amax(1))
    ratios = torch.cat([drop(stem + 1) / (stem + 1) for _ in range(20)])
    assert set(ratios.detach().flatten().tolist()) == {0.0, 1.0}


def test_gradients_of_a_masked_path_are_zeros() -> None:
    model = network("1").train()
    graph = torch.fx.symbolic_trace(model)
    graph(IMAGES.double()).square().sum().backward()
    path = [model.conv2.weight, model.bn1.weight, model.conv4.bias]
    assert all(weight.grad is not None and not weight.grad.any() for weight in path)
    assert model.conv1.weight.grad.any()


@pytest.mark.parametrize("arguments", ["0.5", ""])
def test_masking_can_be_asked_for_and_skipping_again(arguments: str) -> None:
    module = source(arguments)
    torch.manual_seed(0)
    model = module.net().train()
    x = IMAGES if arguments else IMAGES[:, :2, :4, :4]
    called: list[nn.Module] = []
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda layer, *_: called.append(layer))
    for masked, counts in ((True, {convolutions(model)}), (None, set())):
        module.Coins.configure(model, masked=masked)
        seen = set()
        for _ in range(30):
            called.clear()
            model.zero_grad()
            model(x).square().sum().backward()
            seen.add(len(called))
            missing = [weight for weight in model.parameters() if weight.grad is None]
            assert not (masked and missing)
        assert seen == counts if counts else len(seen) > 1


def test_coins_of_a_generator_are_its_own() -> None:
    """PyTorch's coins neither change them nor are changed."""
    module = source("0.5")
    model = module.net().train()
    outcomes = []
    for seed in range(2):
        module.Coins.configure(model, torch.Generator().manual_seed(7))
        torch.manual_seed(seed)
        state = torch.get_rng_state()
        outcomes.append([model(IMAGES).detach().square().sum() for _ in range(10)])
        assert torch.equal(torch.get_rng_state(), state)
    assert outcomes[0] == outcomes[1]
    assert len(set(map(float, outcomes[0]))) > 2


# ------------------------------------------------------------------ joins


@recorders
def test_a_join_in_a_graph_draws_as_in_the_paper(recorder: str) -> None:
    """Half of the calls keep one column, the others each branch by a coin, and one at least."""
    model = network("").train()
    x = IMAGES[:, :2, :4, :4].double()
    graph = recordings()[recorder](model, x)
    stem = model.stem(x)
    norm = nn.functional.batch_norm(model.conv1(stem), None, None, training=True)
    branches = [norm, model.conv2(stem), stem]
    choices = [c for n in (1, 2, 3) for c in itertools.combinations(range(3), n)]
    candidates = {c: torch.stack([branches[i] for i in c]).mean(0) for c in choices}
    calls = 600
    torch.manual_seed(3)
    found = Counter(which(graph(x), candidates) for _ in range(calls))
    for choice in choices:  # 1/6 + 1/2 (1/8 + 1/24) for one alone, 1/2 * 1/8 for more
        expected = 1 / 4 if len(choice) == 1 else 1 / 16
        assert abs(found[choice] / calls - expected) < 5 * (expected / calls) ** 0.5


def test_one_column_of_a_graph_is_that_of_all_joins() -> None:
    """Of two joins in a row, 1/6 of the calls keep the first branches because of the column."""
    text = """network net { input 1x2x2
  repeat 2 { join(drop=0) { | scale(2) | scale(3) | scale(5) } } }"""
    text = text.replace("drop=0", "drop=0.001")  # by coins nearly all branches stay
    model = load(emit(graph_of(text))).net().train()
    graph = torch.fx.symbolic_trace(model)
    torch.manual_seed(0)
    x = torch.ones(1, 1, 2, 2)
    found = Counter(round(float(graph(x).mean()), 3) for _ in range(600))
    columns = {4.0, 9.0, 25.0}
    assert columns <= found.keys()
    together = sum(found[value] for value in columns)
    assert together + found[round(100 / 9, 3)] >= 590
    assert abs(together / 600 - 1 / 2) < 0.1


@recorders
def test_recording_leaves_the_network_as_it_was(recorder: str) -> None:
    for arguments in ("0.5", ""):
        model = network(arguments).train()
        x = IMAGES.double() if arguments else IMAGES[:, :2, :4, :4].double()
        recordings()[recorder](model, x)
        assert not any(
            isinstance(m.column, Tensor) for m in model.modules() if hasattr(m, "column")
        )
        copy.deepcopy(model)(x)
        pickle.loads(pickle.dumps(model.state_dict()))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("arguments", ["0.5", "0.5, mode=sample", ""])
def test_a_cuda_graph_of_training_tosses_at_every_replay(arguments: str) -> None:
    model = network(arguments).cuda().train()
    x = (IMAGES.double() if arguments else IMAGES[:, :2, :4, :4].double()).cuda()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            model(x).square().sum().backward()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = model(x)
        found.square().sum().backward()
    outcomes = set()
    for _ in range(40):
        graph.replay()
        outcomes.add(float(found.detach().square().sum()))
    assert len(outcomes) > 2
    model(x)  # after the graph it skips as before


# ------------------------------------------------------------------ quantisation


@pytest.mark.parametrize("arguments", ["0.5", "0.5, mode=sample", ""])
def test_quantisation_keeps_all_convolutions_and_tosses_only_in_training(arguments: str) -> None:
    x = IMAGES if arguments else IMAGES[:, :2, :4, :4]
    plain = network(arguments).float()
    count = convolutions(plain)
    prepared = prepare_qat_fx(plain.train(), get_default_qat_qconfig_mapping("x86"), (x,))
    assert convolutions(prepared) == count
    assert len({float(prepared(x).detach().square().sum()) for _ in range(20)}) > 2
    converted = convert_fx(copy.deepcopy(prepared.eval()))
    assert len({float(converted(x).square().sum()) for _ in range(5)}) == 1
    evaluated = prepare_fx(network(arguments).eval(), get_default_qconfig_mapping("x86"), (x,))
    assert convolutions(evaluated) == count


@pytest.mark.parametrize("arguments", ["0.5", "0.5, scale=train", "0.5, mode=sample", ""])
def test_a_graph_for_quantisation_evaluates_as_the_network(arguments: str) -> None:
    x = IMAGES if arguments else IMAGES[:, :2, :4, :4]
    plain = network(arguments).float()
    expected = plain.eval()(x)
    mapping = get_default_qat_qconfig_mapping("x86")
    prepared = prepare_qat_fx(plain.train(), mapping, (x,)).eval()
    torch.testing.assert_close(prepared.apply(disable_fake_quant)(x), expected, rtol=0, atol=1e-4)
