"""Generated networks work unchanged with what people do with PyTorch networks."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn

from tests.architectures.shipped import model_of

SIZES = {"resnet18": (3, 64, 64), "vgg11_bn": (3, 32, 32), "alexnet": (3, 67, 67)}
SETTINGS = {"vgg11_bn": "widths=[4, 8, 8, 8, 8];classes=10", "alexnet": "classes=10"}

pytestmark = pytest.mark.parametrize("name", SIZES)


def fresh(name: str) -> tuple[nn.Module, Tensor]:
    """A small version of a network, and an input for it."""
    torch.manual_seed(0)
    model = model_of(name, SIZES[name], SETTINGS.get(name, ""))
    return model, torch.randn(2, *SIZES[name])


def gradients(model: nn.Module, out: Tensor) -> dict[str, Tensor]:
    out.square().sum().backward()
    return {key: p.grad for key, p in model.named_parameters() if p.grad is not None}


def close(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert list(found) == list(expected)
    for key, value in expected.items():
        tolerance = 1e-4 * float(value.abs().max()) + 1e-7
        torch.testing.assert_close(found[key], value, rtol=0, atol=tolerance, msg=key)


@pytest.mark.slow
def test_compile_takes_the_whole_graph_and_keeps_outputs_and_gradients(name: str) -> None:
    model, x = fresh(name)
    other = deepcopy(model)
    torch.manual_seed(1)
    expected = model(x)
    torch.manual_seed(1)
    found = torch.compile(other, fullgraph=True, backend="aot_eager")(x)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    close(gradients(other, found), gradients(model, expected))


def test_export_keeps_outputs(name: str) -> None:
    model, x = fresh(name)
    model.eval()
    exported = torch.export.export(model, (x,)).module()
    torch.testing.assert_close(exported(x), model(x), rtol=1e-5, atol=1e-5)


def test_autocast_computes_in_bfloat16(name: str) -> None:
    model, x = fresh(name)
    model.eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = model(x)
    assert out.dtype == torch.bfloat16
    exact = model(x).detach()
    assert float((out.detach() - exact).norm() / exact.norm()) < 0.05
    assert all(grad.isfinite().all() for grad in gradients(model, out.float()).values())


def test_channels_last_changes_the_layout_only(name: str) -> None:
    model, x = fresh(name)
    model, x = model.double().eval(), x.double()  # so that no pool picks another maximum
    other = deepcopy(model).to(memory_format=torch.channels_last)
    expected, found = model(x), other(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    close(gradients(other, found), gradients(model, expected))


def test_data_parallel_training_reaches_every_parameter(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, x = fresh(name)
    other = deepcopy(model)
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", f"file://{tmp_path}/meeting", rank=0, world_size=1)
    try:
        parallel = nn.parallel.DistributedDataParallel(other)
        torch.manual_seed(1)
        found = parallel(x)
        torch.manual_seed(1)
        close(gradients(other, found), gradients(model, model(x)))
    finally:
        dist.destroy_process_group()


def test_built_on_the_meta_device_it_has_shapes_and_no_storage(name: str) -> None:
    with torch.device("meta"):
        model, x = fresh(name)
        assert {p.device.type for p in model.parameters()} == {"meta"}
        assert model(x).shape == (2, 10 if name in SETTINGS else 1000)


def test_a_deep_copy_is_independent(name: str) -> None:
    model, x = fresh(name)
    model.eval()
    other, expected = deepcopy(model), model(x).detach()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    torch.testing.assert_close(other(x), expected, rtol=0, atol=0)


def test_state_survives_saving_and_loading(name: str, tmp_path: Path) -> None:
    model, x = fresh(name)
    model(x)  # moves the running statistics
    torch.save(model.state_dict(), tmp_path / "state.pt")
    other, _ = fresh(name)
    other.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True), strict=True)
    torch.testing.assert_close(other.eval()(x), model.eval()(x), rtol=0, atol=0)
