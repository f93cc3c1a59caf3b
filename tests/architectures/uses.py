"""What people do with PyTorch networks, each as a check of a generated one."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.ao.quantization import get_default_qconfig_mapping
from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx
from torch.func import functional_call, stack_module_state, vmap

from tests.architectures.use_case import Case
from tests.torchvision_reference import feature_extraction

FAR = 0.5  # relative distance of outputs in eight bits, of networks that nobody trained
LAYERS = ("activation", "conv", "linear", "norm", "pool", "regularisation")


USES: dict[str, Callable[[Case], None]] = {}


def use(name: str) -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    def add(check: Callable[[Case], None]) -> Callable[[Case], None]:
        USES[name] = check
        return check

    return add


def close(found: Any, expected: Any, tolerance: float = 1e-4) -> None:
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


def outputs(found: Any) -> list[Tensor]:
    """The outputs of a network: one, or in training those of the auxiliary classifiers, too."""
    return [found] if isinstance(found, Tensor) else list(found)


def gradients(model: nn.Module, found: Any) -> dict[str, Tensor]:
    sum(out.square().sum() for out in outputs(found)).backward()
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def random_training(model: nn.Module) -> bool:
    """Whether a network leaves out anything at random in training."""
    return any(getattr(module, key, 0) > 0 for module in model.modules() for key in ("p", "drop"))


def varies(run: Callable[[], Any]) -> bool:
    return len({float(outputs(run())[0].detach().square().sum()) for _ in range(40)}) > 1


# ------------------------------------------------------------------ graphs


@use("`torch.compile(fullgraph=True)`, evaluation")
def compiled_in_evaluation(case: Case, backend: str = "eager") -> None:
    model, other = case.model(), case.model()
    torch._dynamo.reset()
    expected = model(case.images)
    found = torch.compile(other, fullgraph=True, backend=backend)(case.images)
    close(found, expected)
    close(gradients(other, found), gradients(model, expected))


@use("`torch.compile(fullgraph=True)`, training")
def compiled_in_training(case: Case) -> None:
    model = case.model(training=True)
    torch._dynamo.reset()
    found = torch.compile(model, fullgraph=True, backend="eager")(case.images)
    assert all(grad.isfinite().all() for grad in gradients(model, found).values())


@use("`torch.export`, evaluation")
def exported_in_evaluation(case: Case) -> None:
    model = case.model()
    close(torch.export.export(model, (case.images,)).module()(case.images), model(case.images))


@use("`torch.export`, training")
def exported_in_training(case: Case) -> None:
    model = case.model(training=True)
    module = torch.export.export(model, (case.images,)).module()
    assert varies(lambda: module(case.images)) == random_training(model)


@use("`torch.fx.symbolic_trace`, evaluation")
def traced_in_evaluation(case: Case) -> None:
    model = case.model()
    graph = torch.fx.symbolic_trace(model)
    for _ in range(3):
        close(graph(case.images), model(case.images))


@use("`torch.fx.symbolic_trace`, training")
def traced_in_training(case: Case) -> None:
    model = case.model(training=True)
    graph = torch.fx.symbolic_trace(model)
    assert varies(lambda: graph(case.images)) == random_training(model)
    close(outputs(graph.eval()(case.images))[0], model.eval()(case.images))


@use("`torch.jit.script`")
def scripted(case: Case) -> None:
    model = case.model()
    close(torch.jit.script(model)(case.images), model(case.images))


@use("ONNX export")
def exported_to_onnx(case: Case) -> None:
    from onnx.reference import ReferenceEvaluator

    model = case.model()
    path = case.folder / "network.onnx"
    torch.onnx.export(model, (case.images,), path, dynamo=True, verbose=False)
    (found,) = ReferenceEvaluator(str(path)).run(None, {"x": case.images.numpy()})
    close(torch.from_numpy(found), model(case.images), 1e-3)


# ------------------------------------------------------------------ layers by name


@use("features by node name")
def features(case: Case) -> None:
    model = case.model()
    names = case.layers(*LAYERS)
    extractor = feature_extraction.create_feature_extractor(model, {name: name for name in names})
    found = extractor(case.images)
    shapes = {node.path: node.shape for node in case.graph.nodes}
    assert {name: tuple(value.shape[1:]) for name, value in found.items()} == {
        name: shapes[name] for name in names
    }


@use("full backward hooks, `--no-inplace`")
def hooked(case: Case) -> None:
    model = case.model(in_place=False)
    seen: set[str] = set()
    for name in case.layers(*LAYERS):
        model.get_submodule(name).register_full_backward_hook(
            lambda _, inner, outer, name=name: seen.add(name)  # type: ignore[misc]
        )
    model(case.images.clone().requires_grad_()).sum().backward()
    assert seen == set(case.layers(*LAYERS))


# ------------------------------------------------------------------ quantisation


@use("FX quantisation")
def quantised(case: Case) -> None:
    model = case.model()
    prepared = prepare_fx(deepcopy(model), get_default_qconfig_mapping("x86"), (case.images,))
    prepared(case.images)
    made = convert_fx(prepared)
    left = {type(module) for module in made.modules()}
    assert not left & {nn.Conv2d, nn.Linear, nn.ReLU}, "each is quantised, and activations fused"
    assert distance(made(case.images), model(case.images)) < FAR


@use("pt2e quantisation")
def quantised_pt2e(case: Case) -> None:
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torchao.quantization.pt2e.quantizer.x86_inductor_quantizer import (
        X86InductorQuantizer,
        get_default_x86_inductor_quantization_config,
    )

    model = case.model()
    quantizer = X86InductorQuantizer()
    quantizer.set_global(get_default_x86_inductor_quantization_config())
    exported = torch.export.export(model, (case.images,)).module()
    prepared = prepare_pt2e(exported, quantizer)
    prepared(case.images)
    found = convert_pt2e(prepared)(case.images)
    assert distance(found, model(case.images)) < FAR


def distance(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).detach().norm() / expected.detach().norm())


# ------------------------------------------------------------------ state


@use("`deepcopy`")
def copied(case: Case) -> None:
    model = case.model()
    other, expected = deepcopy(model), model(case.images).detach()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    close(other(case.images), expected, 0)


@use("pickle and `torch.save`")
def pickled(case: Case) -> None:
    model = case.model()
    expected = model(case.images)
    close(pickle.loads(pickle.dumps(model))(case.images), expected, 0)
    torch.save(model, file := io.BytesIO())
    file.seek(0)
    close(torch.load(file, weights_only=False)(case.images), expected, 0)


@use("safetensors")
def kept_as_safetensors(case: Case) -> None:
    from safetensors.torch import load_model, save_model

    model, other = case.model(), case.model(seed=1)
    save_model(model, str(case.folder / "model.safetensors"))
    load_model(other, case.folder / "model.safetensors")
    close(other(case.images), model(case.images), 0)


@use("meta device, then weights")
def built_without_storage(case: Case) -> None:
    other = case.model()
    with torch.device("meta"):
        model = case.model()
        assert model(case.images.to("meta")).shape == other(case.images).shape
    model.load_state_dict(other.state_dict(), assign=True)
    close(model(case.images), other(case.images), 0)


# ------------------------------------------------------------------ training


@use("`functional_call` and `vmap` over an ensemble")
def ensembled(case: Case) -> None:
    models = [case.model(), case.model(seed=1)]
    base = deepcopy(models[0]).to("meta")
    parameters, buffers = stack_module_state(models)
    found = vmap(lambda *state: functional_call(base, state, (case.images,)))(parameters, buffers)
    close(found, torch.stack([model(case.images) for model in models]))


@use("SyncBatchNorm")
def synchronised(case: Case) -> None:
    model = case.model()
    other = nn.SyncBatchNorm.convert_sync_batchnorm(deepcopy(model))
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    assert sum(isinstance(m, nn.SyncBatchNorm) for m in other.modules()) == len(norms)
    close(other(case.images), model(case.images))


@use("DistributedDataParallel")
def distributed(case: Case) -> None:
    model, other = case.model(), case.model()
    dist.init_process_group("gloo", f"file://{case.folder}/meeting", rank=0, world_size=1)
    try:
        found = nn.parallel.DistributedDataParallel(other)(case.images)
        close(gradients(other, found), gradients(model, model(case.images)))
    finally:
        dist.destroy_process_group()


@use("autocast to bfloat16")
def cast(case: Case) -> None:
    model = case.model()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = model(case.images)
    assert found.dtype == torch.bfloat16
    assert distance(found, model(case.images)) < 0.05
    assert all(grad.isfinite().all() for grad in gradients(model, found.float()).values())


@use("channels last")
def laid_out(case: Case) -> None:
    model, x = case.model().double(), case.images.double()  # so that no pool picks another maximum
    other = deepcopy(model).to(memory_format=torch.channels_last)
    expected, found = model(x), other(x.to(memory_format=torch.channels_last))
    close(found, expected)
    close(gradients(other, found), gradients(model, expected))
