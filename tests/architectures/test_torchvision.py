"""The generated networks are torchvision's: same weights, outputs, gradients and statistics."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from tests.architectures.shipped import LARGER, module_of
from tests.torchvision_reference import models

# torchvision's names of outputs, where they are others than ours.
PLACES = {
    "logits": "output",
    "aux_logits1": "aux1",
    "aux_logits2": "aux2",
    "aux_logits": "AuxLogits",
}
SIZES = {"inception_v3": 299} | dict.fromkeys(["vgg11", "vgg13", "vgg16", "vgg19"], 32)
# Networks of torchvision; the larger ones of a family take minutes together.
NAMES = [
    "alexnet_owt", "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn",
    "vgg19_bn", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
    "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2",
    "wide_resnet101_2", "googlenet_bn", "densenet121", "densenet161", "densenet169",
    "densenet201", "densenet264", "squeezenet1_0", "squeezenet1_1", "mobilenet_v2",
    "mobilenet_v3_small", "mobilenet_v3_large", "mnasnet0_5", "mnasnet0_75", "mnasnet1_0",
    "mnasnet1_3", "inception_v3",
    *(f"efficientnet_b{number}" for number in range(8)), "shufflenet_v2_x0_5",
    "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0",
]  # fmt: skip
HEAVY = ("vgg11_bn", "mobilenet_v3_large", "efficientnet_b0", "inception_v3")
CASES = [
    pytest.param(
        name,
        marks=pytest.mark.minutes if name in LARGER else pytest.mark.slow if name in HEAVY else (),
    )
    for name in NAMES
]


def torchvisions(name: str) -> nn.Module:
    """torchvision's network, with all its outputs."""
    if name == "googlenet_bn":
        return models.googlenet(weights=None, aux_logits=True, init_weights=False)
    if name == "inception_v3":
        return models.inception_v3(weights=None, aux_logits=True, init_weights=False)
    if name == "densenet264":  # of which it has the class
        return models.DenseNet(32, (6, 12, 64, 48), 64)
    made: nn.Module = getattr(models, name.removesuffix("_owt"))(weights=None)
    return made


def pair_of(name: str) -> tuple[nn.Module, nn.Module]:
    """torchvision's network and the generated one with its state, in float64.

    They share the storage of the parameters, not that of the buffers. Their hidden linear layers,
    which have a gigabyte of weights, become narrow ones.
    """
    torch.manual_seed(0)
    theirs, ours = shapes_of(name)
    narrow(theirs)
    narrow(ours)
    theirs.to_empty(device="cpu")
    for module in theirs.modules():
        randomise(module)
    buffers = dict(theirs.named_buffers())
    state = {k: v.clone() if k in buffers else v for k, v in theirs.state_dict().items()}
    ours.load_state_dict(state, strict=True, assign=True)
    return theirs, ours


def shapes_of(name: str) -> tuple[nn.Module, nn.Module]:
    """torchvision's network and the generated one, without storage."""
    with torch.device("meta"):
        return torchvisions(name).double(), getattr(module_of(name), name)().double()


def narrow(model: nn.Module) -> None:
    """Give hidden linear layers 32 units; the last one keeps its classes."""
    names = [key for key, module in model.named_modules() if isinstance(module, nn.Linear)]
    layers = [model.get_submodule(key) for key in names if not is_auxiliary(key)]
    if len(layers) < 2:
        return
    widths = [layers[0].in_features, *[32] * (len(layers) - 1), layers[-1].out_features]
    with torch.device("meta"):
        for key, size in zip(names, pairwise(widths), strict=True):
            model.set_submodule(key, nn.Linear(*size, dtype=torch.float64))


@torch.no_grad()
def randomise(module: nn.Module) -> None:
    """Weights that keep activations alive, and statistics that no fresh network has."""
    if isinstance(module, nn.BatchNorm2d):
        module.running_mean.uniform_(-0.1, 0.1)
        module.running_var.uniform_(0.5, 1.5)
        module.num_batches_tracked.fill_(3)
        module.weight.uniform_(0.5, 1.0)
        module.bias.uniform_(-0.1, 0.1)
    elif isinstance(module, (nn.Conv2d, nn.Linear)):
        bound = (6 / module.weight[0].numel()) ** 0.5
        module.weight.uniform_(-bound, bound)
        if module.bias is not None:
            module.bias.uniform_(-0.1, 0.1)


def outputs_of(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """The outputs by their names."""
    torch.manual_seed(1)  # the same units are dropped
    result = model(x)
    outputs = {"output": result} if isinstance(result, Tensor) else result._asdict()
    return {PLACES.get(key, key): out for key, out in outputs.items()}


def trained(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """The outputs in training, and the gradient of every parameter by its name."""
    model.train()
    for module in model.modules():
        if type(module).__name__ in ("StochasticDepth", "DropSampleScaled"):
            module.eval()  # they draw the images whose path is left out in different ways
    outputs = outputs_of(model, x)
    # Far from zero, so that differences of 1e-10 are seen.
    scales = torch.linspace(-1, 1, 1000, dtype=x.dtype)
    torch.stack([(out * scales).sum() for out in outputs.values()]).sum().backward()
    gradients = {key: p.grad for key, p in model.named_parameters() if p.grad is not None}
    return {key: out.detach() for key, out in outputs.items()} | gradients


@torch.no_grad()
def evaluated(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """The output in evaluation."""
    return outputs_of(model.eval(), x)


def agree(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """The same names, and the same numbers up to rounding."""
    assert found.keys() == expected.keys()
    assert float(expected["output"].abs().max()) > 1e-3  # something arrives
    for key, value in expected.items():
        if not torch.equal(found[key], value):  # a message takes four times as long
            torch.testing.assert_close(
                found[key], value, rtol=1e-10, atol=1e-10, msg=lambda m, k=key: f"{k}: {m}"
            )


def is_auxiliary(key: str) -> bool:
    return key.lower().startswith("aux")


@pytest.mark.parametrize("name", CASES)
def test_a_generated_network_is_torchvisions(name: str) -> None:
    theirs, ours = pair_of(name)
    size = SIZES.get(name.removesuffix("_bn"), 64)
    x = torch.randn(2, 3, size, size, dtype=torch.float64)
    found = evaluated(ours, x)
    assert not any(map(is_auxiliary, found))
    agree(found, evaluated(theirs, x))
    found = trained(ours, x)
    assert {key for key, _ in ours.named_parameters()} <= found.keys()
    agree(found, trained(theirs, x))
    buffers = dict(theirs.named_buffers())  # after a step in training mode
    for key, value in ours.named_buffers():
        torch.testing.assert_close(value, buffers.pop(key), rtol=0, atol=1e-12)
    assert not buffers


@pytest.mark.parametrize("name", CASES)
def test_weights_have_torchvisions_order_and_shapes(name: str) -> None:
    theirs, ours = (
        [(key, value.shape) for key, value in model.state_dict().items()]
        for model in shapes_of(name)
    )
    if name == "googlenet_bn":  # its auxiliary classifiers are where they branch off
        ours, theirs = sorted(ours), sorted(theirs)
    assert ours == theirs


def test_stages_of_one_block_have_torchvisions_keys() -> None:
    """A repeat keeps its number where there is only one iteration, so that weights load."""
    with torch.device("meta"):
        theirs = models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1])
        ours = module_of("resnet18", settings="layers=[1, 1, 1, 1]").resnet18()
        assert list(ours.state_dict()) == list(theirs.state_dict())
        theirs = models.DenseNet(32, (1, 1, 2, 1), 64)
        ours = module_of("densenet121", settings="layers=[1, 1, 2, 1]").densenet121()
        assert list(ours.state_dict()) == list(theirs.state_dict())
