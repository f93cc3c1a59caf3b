"""Generated classes and factories are right for every argument: `tests/arguments` says how.

`python -m tests.arguments --programs 1000` proves all shipped networks and random programs.
"""

from __future__ import annotations

import random

import pytest
import torch

from archdsl import driver, files
from archdsl.backends.torch import emit
from archdsl.cli.request import settings_from
from archdsl.diagnostics import Source
from tests.arguments.factories import elaborated
from tests.arguments.makers import load
from tests.arguments.networks import prove_classes, prove_settings
from tests.arguments.programs import conditions, expressions
from tests.arguments.proof import Effort, Proof

# Together they have every class of the shipped library.
SAMPLE = (
    *("alexnet_owt", "alexnet_towers", "densenet40_12", "densenet_bc100_12", "fractalnet20"),
    *("googlenet", "googlenet_bn", "inception_naive", "inception_resnet_v2", "inception_v3"),
    *("inception_v4", "lenet5", "nin_cifar10", "nin_imagenet", "plain18", "preresnet110"),
    *("preresnet164", "preresnet200", "resnet18", "resnet20", "resnet34_a", "resnet34_c"),
    *("resnet50", "resnet50_v1", "resnext29_8x64d", "resnext50_32x4d", "squeezenet1_0"),
    *("squeezenet1_0_complex_bypass", "squeezenet1_0_simple_bypass", "stochastic_resnet110"),
    *("vgg11_bn", "wide_resnet50_2", "wrn_40_4", "zfnet", "mobilenet_v2", "mnasnet1_0"),
    *("mobilenet_v3_small", "mobilenet_v3_large"),
)
SETTINGS = (
    *("alexnet_owt", "alexnet_towers", "densenet40_12", "fractalnet20", "googlenet_bn"),
    *("inception_v3", "lenet5", "nin_cifar10", "resnet18", "resnet20"),
    *("squeezenet1_0", "stochastic_resnet110", "vgg11_bn", "wrn_40_4", "zfnet"),
)
PROGRAMS = range(12)
CONDITIONS = (0, 13, 67, *range(1, 9))  # the first were wrong once
EFFORT = Effort(calls=3, values=1, heaviest=3_000_000)  # all of it takes ten times as long


@pytest.mark.parametrize("network", SAMPLE)
def test_a_class_makes_the_authors_block_for_other_arguments(network: str) -> None:
    proof, source = Proof(), files.source(files.shipped_networks()[network])
    prove_classes(source, files.library(), network, proof, EFFORT)
    assert list(map(str, proof.faults)) == []
    assert proof.skipped == {}


@pytest.mark.parametrize("network", SETTINGS)
def test_a_factory_takes_what_set_takes(network: str) -> None:
    proof, source = Proof(), files.source(files.shipped_networks()[network])
    prove_settings(source, files.library(), network, proof, EFFORT)
    assert list(map(str, proof.faults)) == []


@pytest.mark.parametrize("seed", CONDITIONS)
def test_layers_that_conditions_choose_are_right_for_other_arguments(seed: int) -> None:
    proof = Proof()
    source = Source("program.arch", conditions(random.Random(seed)))
    prove_classes(source, files.library(), "net", proof, EFFORT)
    assert list(map(str, proof.faults)) == []


@pytest.mark.parametrize("seed", PROGRAMS)
def test_a_random_program_is_right_for_other_arguments(seed: int) -> None:
    proof = Proof()
    source = Source("program.arch", expressions(random.Random(seed)))
    prove_classes(source, files.library(), "net", proof, EFFORT)
    prove_settings(source, files.library(), "net", proof, EFFORT)
    assert list(map(str, proof.faults)) == []


CASES = {
    "a condition with a parameter that never changes": """
block b(a, c, n) {
  conv(3x3, a) -> bn
  if c > n { conv(1x1, c) }
}
network net {
  input 4x8x8
  b(4, 6, 1) -> b(8, 3, 1)
}""",
    "a count that differs between the classes of a block": """
block b(a, c, n) {
  dense i in range(n) { bn -> conv(3x3, a) }
  conv(3x3, a)
  if c > n { conv(1x1, c) }
}
network net {
  input 4x8x8
  b(3, 4, 1) -> b(6, 3, 3)
}""",
    "channels that follow from a condition": """
block b(a, c, n) {
  conv(3x3, a)
  if c > n { conv(1x1, c) }
}
network net(w = 4) {
  input 4x8x8
  b(4, 2, 2) -> b(6, w, 3) -> b(4, w + 2, 2) -> flatten
}""",
    "channels that a condition keeps": """
block project(c) {
  if in.channels != c { conv(1x1, c) }
}
network net(w = 4) {
  input 4x8x8
  project(w) -> project(w) -> project(8) -> project(2 * w) -> conv(1x1, 3)
}""",
    "a repeat that runs once": """
block b(a, n) {
  r: repeat i in range(n) { conv(3x3, a + i) }
  conv(1x1, a)
}
network net {
  input 4x8x8
  b(4, 1) -> b(8, 1)
}""",
    "a condition beside the one that chooses": """
block b(a, c, n) {
  if n > 1 { conv(3x3, 2 * a) -> relu }
  conv(3x3, a)
  if c > n { conv(1x1, c) }
}
network net(w = 4) {
  input 4x8x8
  b(6, w, 1) -> b(6, 3, 1) -> b(4, 2, 2)
}""",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_a_class_refuses_what_would_be_another_block(text: str) -> None:
    proof, source = Proof(), Source("case.arch", text.strip())
    prove_classes(source, files.library(), "net", proof, Effort(calls=16))
    prove_settings(source, files.library(), "net", proof, Effort())
    assert list(map(str, proof.faults)) == []
    assert proof.agreed


CHOSEN_BY_A_LOCAL_NAME = """
block unit(expand, channels) {
    let inner = divisible(in.channels * expand, 8)
    if inner != in.channels { conv(1x1, inner) -> relu }
    conv(3x3, inner, groups=inner) -> relu -> conv(1x1, channels)
}
network net {
    input 3x32x32
    conv(3x3, 16)
    unit(1, 16)
    unit(6, 24)
}
"""
KERNELS_IN_TWO_NOTATIONS = """
block unit(kernel, channels, act) { conv(kernel, channels) -> bn -> act }
network net {
    input 3x32x32
    unit(1x1, 8, relu)
    unit(5x5, 8, sigmoid)
    unit(3, 16, relu)
    unit(1, 16, sigmoid)
}
"""
ONE_OF_TWO_LAYERS = """
block unit(a, flag, s = 1) {
    body: {
        if flag { conv(3x3, a, /s) -> bn } else { conv(5x5, a, /s, bias=false) -> relu }
        conv(1x1, a)
    }
    relu
}
network net {
    input 3x16x16
    unit(8, true)
    unit(8, false)
    unit(16, true, 2)
}
"""
ATTRIBUTES_THAT_ARE_TAKEN = """
block unit(a, half) {
    skip if half { residual: { conv(3x3, a) -> bn } }
}
block other(a, s = 1) {
    skip if s == 1 { residual: { conv(3x3, a, /s) -> bn } }
}
network net {
    input 4x16x16
    unit(4, true)
    unit(6, false)
    other(6)
    other(8, 2)
}
"""


@pytest.mark.parametrize(
    "text",
    [
        CHOSEN_BY_A_LOCAL_NAME,
        KERNELS_IN_TWO_NOTATIONS,
        ONE_OF_TWO_LAYERS,
        ATTRIBUTES_THAT_ARE_TAKEN,
    ],
    ids=["local name", "notations", "one of two", "taken"],
)
def test_a_class_chosen_by_its_arguments_is_right_for_others(text: str) -> None:
    proof = Proof()
    prove_classes(Source("net.arch", text), files.library(), "net", proof, EFFORT)
    assert list(map(str, proof.faults)) == []


def test_a_rate_given_to_the_factory_trains_as_a_rate_that_is_set() -> None:
    source = files.source(files.shipped_networks()["wrn_40_4"])
    small = ["layers=10", "k=1"]
    settings = (small, [*small, "drop=0.3"])
    requests = (driver.Request("wrn", settings_from(given)) for given in settings)
    plain, dropping = (elaborated(source, files.library(), request) for request in requests)
    given, fixed = load(emit(plain)).wrn(drop=0.3), load(emit(dropping)).wrn()
    fixed.load_state_dict(given.state_dict())
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    outputs = []
    for network in (given, fixed):
        torch.manual_seed(1)
        outputs.append(network(images))
    assert torch.equal(*outputs)
    evaluated = given.eval()(images)
    assert torch.equal(evaluated, fixed.eval()(images))
    assert not torch.equal(evaluated, outputs[0])


REPEATED_AS_OFTEN_AS_ASKED = """
block unit(width, stride) { conv(3x3, width, /stride, bias=false) -> bn }
block stage(width, count, stride) {
    unit(width, stride)
    repeat count - 1 { unit(width, 1) }
}
network net {
    input 3x16x16
    stage(4, 3, 2)
    stage(6, 2, 1)
    stage(5, 4, 2)
}
"""


def test_a_row_of_layers_repeats_them_in_a_loop() -> None:
    source, proof = Source("net.arch", REPEATED_AS_OFTEN_AS_ASKED), Proof()
    graph = elaborated(source, files.library(), driver.Request("net"))
    text = emit(graph)
    assert text.count("Stage(nn.Sequential)") == 1
    assert "for _ in range(count - 1)" in text
    prove_classes(source, files.library(), "net", proof, Effort(calls=8))
    assert list(map(str, proof.faults)) == []
