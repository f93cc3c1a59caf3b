"""Runs a graph node by node in PyTorch: an independent reading of what a network means."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archdsl import driver
from archdsl.backends.torch import emit
from archdsl.diagnostics import Sink, Source
from archdsl.elaboration.modules import Library
from archdsl.ir import Graph, Node, verify
from archdsl.ops.torch_form import Arg, Call, Code


def graph_of(text: str, request: driver.Request | None = None) -> Graph:
    """The one network of a text, which must be free of mistakes."""
    sink = Sink()
    found = driver.graphs(
        Source("test.arch", text),
        Library(lambda name, importer: None),
        sink,
        request or driver.Request(),
    )
    assert not sink, [(str(d.span), d.message) for d in sink.found]
    verify(found[-1])
    return found[-1]


def load(text: str, name: str = "generated") -> ModuleType:
    """A generated file as a module."""
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    return module


def compiled(graph: Graph) -> nn.Module:
    """The generated network."""
    made: nn.Module = getattr(load(emit(graph)), graph.name)()
    return made


def write(folder: Path, graph: Graph) -> Path:
    path = folder / f"{graph.name}.py"
    path.write_text(emit(graph))
    return path


def interpret(
    graph: Graph,
    state: dict[str, Tensor],
    inputs: list[Tensor],
    training: bool,
    kept: Mapping[str, list[bool]] | None = None,
    runs: Mapping[str, bool] | None = None,
) -> list[Tensor]:
    """The outputs of a graph for weights by path, without in-place operations.

    `kept` has, by the path of a join, which of its operands it takes in; `runs`, by the path of a
    drop path, whether it runs. With `runs` training returns the auxiliary outputs after the others.
    """
    values: dict[int, Tensor] = dict(zip(graph.inputs, inputs, strict=True))
    for node in graph.nodes:
        if node.inputs:
            operands = [values[number] for number in taken(node, kept or {})]
            values[node.id] = _run(graph, node, operands, state, training, runs or {})
    asides = [aux.node for aux in graph.auxiliaries] if training and runs is not None else []
    return [values[number] for number in (*graph.outputs, *asides)]


def taken(node: Node, kept: Mapping[str, list[bool]]) -> list[int]:
    """What a node reads: of a join that says what it keeps no more than that."""
    keeps = kept.get(node.path, [True] * len(node.inputs))
    return [number for number, keep in zip(node.inputs, keeps, strict=True) if keep]


def _run(
    graph: Graph,
    node: Node,
    operands: list[Tensor],
    state: dict[str, Tensor],
    training: bool,
    runs: Mapping[str, bool],
) -> Tensor:
    form = node.op.torch(graph.operands(node), False)
    weights = node.op.weights(graph.operands(node))
    if form.module is None:
        assert form.function is not None
        return _function(form.function, operands)
    namespace: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "Tensor": Tensor}
    exec(form.support, namespace)
    made = eval(form.module.function, namespace)
    positional = [arg.value for arg in form.module.args if not arg.keyword]
    keywords = {arg.name: _value(arg) for arg in form.module.args if arg.keyword}
    module: nn.Module = made(*positional, **keywords).double().train(training)
    if node.path in runs:
        module.kept = lambda x: runs[node.path]  # type: ignore[assignment]
    own = {w.name: state[f"{node.path}.{w.name}"].clone() for w in weights if not w.learned}
    learned = {w.name: state[f"{node.path}.{w.name}"] for w in weights if w.learned}
    return torch.func.functional_call(module, {**own, **learned}, tuple(operands))


def _value(arg: Arg) -> Any:
    return eval(arg.value) if isinstance(arg.value, Code) else arg.value


def _function(call: Call, operands: list[Tensor]) -> Tensor:
    if call.function == "+":
        total = operands[0]
        for operand in operands[1:]:
            total = total + operand
        return total
    if call.function == "*":
        total = operands[0]
        for operand in operands[1:]:
            total = total * operand
        return total
    function = eval(call.function, {"torch": torch, "F": F})
    args = [arg.value for arg in call.args]
    return function(operands, *args) if call.listed else function(*operands, *args)
