"""Generated classes and factories are right for every argument: `tests/arguments` says how.

`python -m tests.arguments --programs 1000` proves all shipped networks and random programs.
"""

from __future__ import annotations

import random
from functools import cache

import pytest

from archdsl.cli import files
from archdsl.diagnostics import Source
from tests.arguments.networks import prove_classes, prove_settings
from tests.arguments.programs import expressions
from tests.arguments.proof import Effort, Proof

# Together they have every class of the shipped library, and every parameter of its networks.
SAMPLE = (
    *("alexnet_owt", "alexnet_towers", "densenet40_12", "densenet_bc100_12", "fractalnet20"),
    *("googlenet", "googlenet_bn", "inception_naive", "inception_resnet_v2", "inception_v3"),
    *("inception_v4", "lenet5", "nin_cifar10", "nin_imagenet", "plain18", "preresnet110"),
    *("preresnet164", "preresnet200", "resnet18", "resnet20", "resnet34_a", "resnet34_c"),
    *("resnet50", "resnet50_v1", "resnext29_8x64d", "resnext50_32x4d", "squeezenet1_0"),
    *("squeezenet1_0_complex_bypass", "squeezenet1_0_simple_bypass", "stochastic_resnet110"),
    *("vgg11_bn", "wide_resnet50_2", "wrn_40_4", "zfnet"),
)
# Whose constructors are fitted to the numbers of the network: a name goes when its faults do.
UNPROVEN_CLASSES = frozenset(
    [
        *("fractalnet20", "nin_imagenet", "preresnet110", "preresnet164", "preresnet200"),
        *("resnet18", "resnet20", "resnet34_a", "resnet50", "resnet50_v1", "resnext29_8x64d"),
        *("resnext50_32x4d", "squeezenet1_0_complex_bypass", "stochastic_resnet110"),
        *("wide_resnet50_2", "wrn_40_4"),
    ]
)
UNPROVEN_SETTINGS = frozenset(SAMPLE) - {"inception_naive"}
UNPROVEN_PROGRAMS = True
PROGRAMS = range(40)
EFFORT = Effort(calls=3, values=1, heaviest=3_000_000)  # all of it takes ten times as long


@cache
def classes(network: str) -> Proof:
    proof = Proof()
    source = files.source(files.shipped_networks()[network])
    prove_classes(source, files.library(), network, proof, EFFORT)
    return proof


@cache
def settings(network: str) -> Proof:
    proof = Proof()
    source = files.source(files.shipped_networks()[network])
    prove_settings(source, files.library(), network, proof, EFFORT)
    return proof


def program(seed: int) -> Proof:
    proof = Proof()
    source = Source("program.arch", expressions(random.Random(seed)))
    prove_classes(source, files.library(), "net", proof, EFFORT)
    prove_settings(source, files.library(), "net", proof, EFFORT)
    return proof


@pytest.mark.parametrize("network", [name for name in SAMPLE if name not in UNPROVEN_CLASSES])
def test_a_class_makes_the_authors_block_for_other_arguments(network: str) -> None:
    assert list(map(str, classes(network).faults)) == []
    assert classes(network).skipped == {}


@pytest.mark.parametrize("network", sorted(UNPROVEN_CLASSES))
def test_a_class_that_is_not_proven_has_a_fault(network: str) -> None:
    assert classes(network).faults, "it holds: take it out of UNPROVEN_CLASSES"


@pytest.mark.parametrize("network", [name for name in SAMPLE if name not in UNPROVEN_SETTINGS])
def test_a_factory_takes_what_set_takes(network: str) -> None:
    assert list(map(str, settings(network).faults)) == []


@pytest.mark.parametrize("network", sorted(UNPROVEN_SETTINGS))
def test_a_factory_that_is_not_proven_has_a_fault(network: str) -> None:
    assert settings(network).faults, "it holds: take it out of UNPROVEN_SETTINGS"


@pytest.mark.parametrize("seed", [] if UNPROVEN_PROGRAMS else PROGRAMS)
def test_a_random_program_is_right_for_other_arguments(seed: int) -> None:
    assert list(map(str, program(seed).faults)) == []


@pytest.mark.skipif(not UNPROVEN_PROGRAMS, reason="they are proven")
def test_random_programs_that_are_not_proven_have_a_fault() -> None:
    assert any(program(seed).faults for seed in PROGRAMS), (
        "they hold: set UNPROVEN_PROGRAMS = False"
    )
