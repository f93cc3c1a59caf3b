"""Whether a module is what a graph says: keys, shapes, settings of layers, float64 outputs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from archdsl.ir import Graph, Node, Scope
from archdsl.ops.torch_form import Call, Code
from tests.arguments.probes import relative, weights_of
from tests.backends.torch.interpreter import interpret

TOLERANCE = 1e-10  # of the largest value


class Disagreement(Exception):  # noqa: N818
    """What a module has otherwise than its graph."""


def same_weights(module: nn.Module, graph: Graph, scope: Scope) -> None:
    """Compare keys and shapes."""
    found = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    expected = weights_of(graph, scope)
    missing = [name for name in expected if name not in found]
    surplus = [name for name in found if name not in expected]
    if missing or surplus:
        raise Disagreement(f"missing keys {missing[:3]}, surplus keys {surplus[:3]}")
    for name, shape in expected.items():
        if found[name] != shape:
            raise Disagreement(f"{name} has the shape {found[name]}, not {shape}")


def same_settings(module: nn.Module, graph: Graph, scope: Scope) -> None:
    """Compare what layers are set to, such as the rate of a dropout, which no output shows."""
    for node in scope.nodes():
        if not node.inputs:
            continue
        form = node.op.torch(graph.operands(node), False)
        path = relative(node.path, scope)
        made = _submodule(module, path)
        if form.module is None or made is None or isinstance(made, nn.Identity):
            continue
        expected = _settings(_constructed(form.module, form.support))
        found = _settings(made)
        for name in expected.keys() & found.keys():
            if expected[name] != found[name]:
                raise Disagreement(f"{path}.{name} is {found[name]}, not {expected[name]}")


def same_outputs(
    module: nn.Module, graph: Graph, scope: Scope, results: Sequence[Node], inputs: Sequence[int]
) -> None:
    """Compare what evaluation computes, with weights of any size.

    `inputs` are the inputs of the graph in the module's order.
    """
    module = module.double().eval()
    randomise(module)
    own = {name: value.detach() for name, value in module.state_dict().items()}
    outside = weights_of(graph, graph.root).items()
    state = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in outside}
    state |= {f"{scope.path}.{name}" if scope.path else name: own[name] for name in own}
    random = torch.Generator().manual_seed(1)
    given = {
        number: torch.randn(2, *graph.nodes[number].shape, generator=random, dtype=torch.float64)
        for number in graph.inputs
    }
    graph.outputs, before = [node.id for node in results], graph.outputs
    with torch.no_grad():
        expected = interpret(graph, state, [given[number] for number in graph.inputs], False)
        graph.outputs = before
        found = module(*(given[number].clone() for number in inputs), **_live(module, results))
    listed: Sequence[Tensor] = found if isinstance(found, tuple) else (found,)
    if len(listed) != len(expected):
        raise Disagreement(f"{len(listed)} results, not {len(expected)}")
    for ours, theirs in zip(listed, expected, strict=True):
        if ours.shape != theirs.shape:
            raise Disagreement(
                f"a result has the shape {tuple(ours.shape)}, not {tuple(theirs.shape)}"
            )
        scale = max(float(theirs.abs().max()), 1e-300)
        if not float((ours - theirs).abs().max()) <= TOLERANCE * scale:
            raise Disagreement("other outputs")


def _live(module: nn.Module, results: Sequence[Node]) -> Mapping[str, list[bool]]:
    """What a class takes that returns branches of its caller's join: those that it wants."""
    takes = "live" in inspect.signature(module.forward).parameters
    return {"live": [True] * len(results)} if takes else {}


def randomise(module: nn.Module) -> None:
    """Fill weights and statistics as after a training: no zeros and ones."""
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if not value.is_floating_point():
                continue
            if name.endswith("running_var"):
                value.uniform_(0.5, 2, generator=random)
            elif value.dim() > 1:
                spread = (value.numel() / value.shape[0]) ** -0.5
                value.normal_(0, spread, generator=random)
            else:
                value.normal_(0.5, 0.5, generator=random)


def _submodule(module: nn.Module, path: str) -> nn.Module | None:
    try:
        return module.get_submodule(path)
    except AttributeError:
        return None


def _constructed(call: Call, support: str) -> nn.Module:
    namespace: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "Tensor": Tensor}
    exec(support, namespace)
    values = [
        (arg, eval(arg.value) if isinstance(arg.value, Code) else arg.value) for arg in call.args
    ]
    positional = [value for arg, value in values if not arg.keyword]
    keywords = {arg.name: value for arg, value in values if arg.keyword}
    with torch.device("meta"):
        made: nn.Module = eval(call.function, namespace)(*positional, **keywords)
    return made


def _settings(module: nn.Module) -> Mapping[str, Any]:
    """The plain public attributes; whether it overwrites is no part of what it computes."""
    kinds = (bool, int, float, str, tuple)
    found = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, kinds) and not name.startswith("_")
    }
    return {name: value for name, value in found.items() if name not in ("inplace", "training")}
