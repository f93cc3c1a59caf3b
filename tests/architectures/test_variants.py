"""The library has the networks by the names that users type, and their numbers are parameters."""

from __future__ import annotations

import pytest
import torch

from archdsl.analyses.facts import facts
from archdsl.ops import size
from tests.architectures.shipped import EACH, graph_of, model_of, small_input

NAMES = {
    "1x32x32": "lenet5",
    "3x227x227": "alexnet alexnet_towers",
    "3x224x224": """alexnet_owt zfnet zfnet_lecture vgg11 vgg13 vgg16 vgg19 vgg11_bn vgg13_bn
        vgg16_bn vgg19_bn nin_imagenet googlenet googlenet_bn plain18 plain34 resnet18 resnet34
        resnet50 resnet101 resnet152 resnet50_v1 resnet34_a resnet34_c preresnet200 wide_resnet50_2
        wide_resnet101_2 resnext50_32x4d resnext101_32x8d resnext101_64x4d densenet121 densenet161
        densenet169 densenet201 densenet264 squeezenet1_0 squeezenet1_0_simple_bypass
        squeezenet1_0_complex_bypass squeezenet1_1 stochastic_resnet152""",
    "3x299x299": "inception_v3 inception_v4 inception_resnet_v2",
    "3x32x32": """nin_cifar10 plain20 plain56 resnet20 resnet32 resnet44 resnet56 resnet110
        resnet1202 preresnet110 preresnet164 preresnet1001 wrn_28_10 wrn_40_4 resnext29_8x64d
        resnext29_16x64d fractalnet20 fractalnet40 densenet40_12 densenet_bc100_12
        densenet_bc250_24 densenet_bc190_40 stochastic_resnet110""",
    "256x28x28": "inception_naive inception_reduced",
}


@pytest.mark.parametrize(
    ("shape", "name"), [(shape, name) for shape, names in NAMES.items() for name in names.split()]
)
def test_a_network_is_there_by_its_name_for_its_images(shape: str, name: str) -> None:
    graph = graph_of(name)
    assert [size(graph.nodes[number].shape) for number in graph.inputs] == [shape]


@pytest.mark.parametrize(
    ("name", "settings", "side", "params", "macs"),
    [
        ("nin_cifar10", "classes=100", 32, 984_356, 223_592_448),
        ("plain20", "n=5", 32, 464_154, 68_862_592),
        ("plain20", "n=7", 32, 658_586, 97_174_144),
        ("plain20", "n=18", 32, 1_727_962, 252_887_680),
        ("resnet101", "unit=bottleneck(v1=true)", 224, 44_549_160, 7_570_194_432),
        ("resnet152", "unit=bottleneck(v1=true)", 224, 60_192_808, 11_282_415_616),
        ("preresnet200", "layers=[3, 8, 36, 3]", 224, 60_185_128, 11_513_626_624),
        ("preresnet200", "unit=bottleneck(v1=true)", 224, 64_666_152, 14_776_270_848),
        ("wrn_28_10", "layers=16;k=8", 32, 10_961_370, 1_548_145_664),
        ("wrn_28_10", "classes=100", 32, 36_536_884, 5_243_386_368),
        ("resnext101_64x4d", "unit=bottleneck(groups=32, base=4)", 224, 44_177_704, 7_969_996_800),
        ("densenet40_12", "n=32", 32, 6_979_642, 1_769_516_448),
        ("densenet40_12", "n=32;growth=24", 32, 27_249_082, 6_889_347_744),
        ("squeezenet1_0", "", 227, 1_248_424, 832_667_936),
        ("squeezenet1_0_simple_bypass", "", 227, 1_248_424, 832_667_936),
        ("squeezenet1_0_complex_bypass", "", 227, 1_589_672, 1_183_953_184),
        ("squeezenet1_1", "", 227, 1_235_496, 387_747_520),
    ],
)
def test_a_published_variant_is_a_setting_away(
    name: str, settings: str, side: int, params: int, macs: int
) -> None:
    fact = facts(graph_of(name, (3, side, side), settings))
    assert (fact("", "params"), fact("", "macs")) == (params, macs)


@pytest.mark.parametrize("columns", [3, 4, 5])
def test_fractalnet_has_as_many_columns_as_one_asks_for(columns: int) -> None:
    """Larsson et al. 2016, section 3: 2^C - 1 convolutions a block, C of them read its input."""
    inputs, params = 3, 512 * 10 + 10
    for width in (64, 128, 256, 512, 512):
        inner = 2**columns - 1 - columns
        params += 9 * width * (columns * inputs + inner * width) + 2 * width * (inner + columns)
        inputs = width
    fact = facts(graph_of("fractalnet20", None, f"columns={columns}"))
    assert fact("", "params") == params
    assert fact("", "depth") == 5 * 2 ** (columns - 1) + 1


HEAVY = 20_000_000  # parameters: with more, gradients have shapes and no numbers


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH)
def test_every_parameter_of_a_network_gets_a_gradient(name: str) -> None:
    torch.manual_seed(0)
    shape = small_input(name)
    drops = name.startswith(("fractalnet", "stochastic"))  # training leaves some paths out
    device = "meta" if facts(graph_of(name, shape))("", "params") > HEAVY else "cpu"
    with torch.device(device):
        model = model_of(name, shape).train(not drops)
        result = model(torch.randn(2, *shape))
    outputs = (result,) if isinstance(result, torch.Tensor) else result
    torch.stack([output.square().sum() for output in outputs]).sum().backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert device == "meta" or bool(parameter.grad.isfinite().all()), key
