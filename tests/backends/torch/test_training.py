"""What training asks of a generated module besides the right gradients: layouts that stay, half
precision, no waiting for the device, and optimisers that take all weights at once."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from tests.architectures.shipped import module_of

LAST = torch.channels_last
# One of each way of wiring, on images that leave the last norms enough values: with 64x64 the
# gradients of `googlenet_bn` and `resnext50_32x4d` depend on how a processor rounds.
NETWORKS = {
    "resnet20": (3, 32, 32),
    "resnet18": (3, 64, 64),
    "densenet40_12": (3, 32, 32),
    "googlenet_bn": (3, 96, 96),
    "stochastic_resnet110": (3, 32, 32),
    "fractalnet20": (3, 32, 32),
    "squeezenet1_1": (3, 64, 64),
    "preresnet110": (3, 32, 32),
    "resnext50_32x4d": (3, 96, 96),
}
every = pytest.mark.parametrize("name", NETWORKS)


def model(name: str) -> nn.Module:
    torch.manual_seed(0)
    made: nn.Module = getattr(module_of(name, NETWORKS[name]), name)()
    return made.train()


def images(name: str, batch: int = 2) -> Tensor:
    return torch.randn(batch, *NETWORKS[name], generator=torch.Generator().manual_seed(1))


def loss_of(made: nn.Module, x: Tensor) -> Tensor:
    """The loss for the first classes, auxiliary classifiers included."""
    outputs = made(x)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    labels = torch.arange(len(x), device=x.device)
    return sum((F.cross_entropy(each, labels) for each in outputs), x.new_zeros(()))


# ------------------------------------------------------------------ layout


# A mean over the whole image hands back its gradient in PyTorch's own layout, and a classifier's
# weights want a flattened image in it; torchvision's networks have the same, at the same places.
HEADS = {"aten.div.Scalar", "aten.slice.Tensor", "aten.clone.default", "aten.view.default"}
LAYERS = ("convolution", "batch_norm")


class Layouts(TorchDispatchMode):
    """Remembers operations that make, and layers that take, images in another layout."""

    def __init__(self) -> None:
        super().__init__()
        self.made: set[str] = set()
        self.taken: set[str] = set()
        self.images = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        for value in filter(is_image, found if isinstance(found, tuple | list) else [found]):
            self.images += 1
            if value.stride(1) != 1:
                self.made.add(str(func))
        if any(layer in str(func) for layer in LAYERS):
            wrong = [value for value in filter(is_image, args) if value.stride(1) != 1]
            self.taken.update(f"{func} {tuple(value.shape)}" for value in wrong)
        return found


def is_image(value: object) -> bool:
    """Whether this is an image, or a weight, of more than a pixel."""
    return isinstance(value, Tensor) and value.dim() == 4 and min(value.shape[1:]) > 1


@every
def test_channels_last_stays_so_forwards_and_backwards(name: str) -> None:
    made = model(name).to(memory_format=LAST)
    x = images(name).contiguous(memory_format=LAST).requires_grad_()
    with Layouts() as met:
        loss_of(made, x).backward()
    assert met.images > 100
    assert not met.taken
    assert met.made <= HEADS


# ------------------------------------------------------------------ half precision


@every
def test_mixed_precision_learns_what_single_precision_does(name: str) -> None:
    """Weights and gradients stay in single precision. Near are loss and the last layer's gradient:
    those of the first layers of a deep network without training change with any rounding, as
    torchvision's do."""
    made, x = model(name), images(name, batch=4)
    state = {key: value.clone() for key, value in made.state_dict().items()}
    losses, lasts = [], []
    for enabled in (False, True):
        made.load_state_dict(state)
        made.zero_grad(set_to_none=True)
        torch.manual_seed(3)  # the same coins
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            loss = loss_of(made, x)
        loss.backward()
        weights = [weight for weight in made.parameters() if weight.grad is not None]
        assert all(w.grad.dtype == torch.float32 and w.grad.isfinite().all() for w in weights)
        losses.append(float(loss.detach()))
        lasts.append([weight.grad for weight in weights if weight.dim() > 1][-1].flatten())
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert float(F.cosine_similarity(*lasts, dim=0)) > 0.9


# ------------------------------------------------------------------ the device is not waited for


@every
@pytest.mark.parametrize("training", [True, False])
def test_a_step_never_asks_the_device_for_a_number(name: str, training: bool) -> None:
    """The meta device has none to give: `.item()`, `.tolist()` and `if tensor` fail on it."""
    made = model(name).to("meta").train(training)
    loss_of(made, images(name).to("meta")).backward()


def test_asking_the_meta_device_fails() -> None:
    with pytest.raises(RuntimeError, match="meta"):
        torch.rand((), device="meta").item()


# ------------------------------------------------------------------ optimisers


@pytest.mark.parametrize("how", ["fused", "foreach"])
@pytest.mark.parametrize("name", ["resnet20", "stochastic_resnet110"])
def test_weights_may_be_updated_at_once(name: str, how: str) -> None:
    """SGD on all weights in one call is SGD on one weight after another.

    Weights of a path that was left out have no gradient and stay. They must have had one in the
    first step, if of zeros: PyTorch's fused SGD begins all momenta at once.
    """
    results = []
    for options in ({"foreach": False}, {how: True}):
        made = model(name).double()
        begun = [weight.detach().clone() for weight in made.parameters()]
        optimizer = torch.optim.SGD(made.parameters(), lr=0.1, momentum=0.9, **options)
        for weight in made.parameters():
            weight.grad = torch.zeros_like(weight)
        optimizer.step()
        torch.manual_seed(4)
        for _ in range(2):
            optimizer.zero_grad(set_to_none=True)
            loss_of(made, images(name).double()).backward()
            optimizer.step()
        results.append(list(made.parameters()))
    for loop, once in zip(*results, strict=True):
        torch.testing.assert_close(once, loop, rtol=1e-10, atol=1e-12)
    moved = [not torch.equal(a, b) for a, b in zip(begun, results[0], strict=True)]
    assert any(moved)
    assert all(moved) == (name == "resnet20")
