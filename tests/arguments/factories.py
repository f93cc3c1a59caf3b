"""Factories with other arguments, `resnet50(classes=10)`, beside what `--set classes=10` means."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from types import ModuleType
from typing import Any

import torch
from torch import nn

from archdsl import driver
from archdsl.cli.request import settings_from
from archdsl.diagnostics import Sink, Source
from archdsl.elaboration.modules import Library
from archdsl.ir import Graph
from archdsl.ops.base import IMAGE, volume
from archdsl.ops.values import Size, is_int
from tests.arguments.agreement import Disagreement, same_outputs, same_settings, same_weights
from tests.arguments.makers import load, parameters
from tests.arguments.probes import structure, weights_of
from tests.arguments.proof import Effort, Fault, Proof

SIZES = (32, 64, 96, 128, 160)  # of images
RATES = (0.25, 0.375)


def prove_factory(
    source: Source, library: Library, graph: Graph, text: str, proof: Proof, effort: Effort
) -> None:
    """Set each of a network's numbers to others, by the factory and by `--set`."""
    module = load(text)
    for name, value in graph.root.arguments.items():
        for setting in islice(others(value), effort.values):
            text = f"{name}={_written(setting)}"
            request = driver.Request(graph.name, settings_from([text]))
            changed = elaborated(source, library, request)
            if changed is None:
                continue
            call = f"{graph.name}({name}={setting!r})"
            try:
                made = _made(module, graph, changed, name, setting)
                if made is not None:
                    _compare(source, library, request, changed, made, effort.heaviest)
                    proof.agree(f"{graph.name}({name})")
            except Disagreement as why:
                proof.faults.append(Fault(graph.name, f"{call} for --set {text}", str(why)))


def others(value: Any) -> Iterator[Any]:
    """Two other values for a number, a rate, or a list of numbers."""
    if isinstance(value, bool):
        return
    if isinstance(value, float):
        yield from (rate for rate in RATES if rate != value)
    elif is_int(value) and value == 0:
        yield from RATES  # a rate that the author left at 0
        yield 1
    elif is_int(value):
        yield from (value + 1, max(1, value // 2) if value > 1 else 3)
    elif isinstance(value, list) and value and all(is_int(each) for each in value):
        yield [each + 2 * (i + 1) for i, each in enumerate(value)]
    elif isinstance(value, list) and value and any(isinstance(each, float) for each in value):
        yield [0.5 - 0.0625 * i for i, _ in enumerate(value)]


def elaborated(source: Source, library: Library, request: driver.Request) -> Graph | None:
    """The graph of a request; None where the language refuses it."""
    sink = Sink()
    found = driver.graphs(source, library, sink, request)
    return found[0] if found else None


def _written(value: Any) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _made(
    module: ModuleType, graph: Graph, changed: Graph, name: str, setting: Any
) -> Callable[[], nn.Module] | None:
    """What makes the network; None where the factory may be without this parameter."""
    factory = getattr(module, graph.name)
    taken = parameters(factory)
    same = structure(graph, graph.root) == structure(changed, changed.root)
    key = next((each for each in (name, f"{name}_") if each in taken), None)
    if key is None:
        if same and not isinstance(setting, list) and _differ(graph, changed):
            raise Disagreement("the factory does not take it")
        return None
    given = _python(setting, taken[key])
    try:
        with torch.device("meta"):
            factory(**{key: given})
    except ValueError as refusal:
        if same:
            raise Disagreement(f"refuses what changes no structure: {refusal}") from None
        return None
    except Exception as error:
        raise Disagreement(f"raises {type(error).__name__}: {error}") from None
    return lambda: factory(**{key: given})


def _differ(graph: Graph, changed: Graph) -> bool:
    """Whether layers of two graphs of one structure differ."""
    pairs = zip(graph.nodes, changed.nodes, strict=True)
    return any(_layer(graph, a) != _layer(changed, b) for a, b in pairs)


def _layer(graph: Graph, node: Any) -> Any:
    form = node.op.torch(graph.operands(node), False) if node.inputs else None
    return form and (form.module, form.function)


def _python(value: Any, parameter: inspect.Parameter) -> Any:
    if isinstance(value, list):
        return tuple(value) if isinstance(parameter.default, tuple) else value
    return float(value) if parameter.annotation is float and not isinstance(value, bool) else value


def _compare(
    source: Source,
    library: Library,
    request: driver.Request,
    changed: Graph,
    make: Callable[[], nn.Module],
    heaviest: int,
) -> None:
    with torch.device("meta"):
        light = make()
    same_weights(light, changed, changed.root)
    same_settings(light, changed, changed.root)
    if sum(map(volume, weights_of(changed, changed.root).values())) > heaviest:
        return
    small = _small(source, library, request, changed)
    results = [small.nodes[number] for number in small.outputs]
    with torch.device("meta"):
        light = make()
    made = light.to_empty(device="cpu")
    try:
        same_outputs(made, small, small.root, results, small.inputs)
    except Exception as error:
        raise Disagreement(f"its forward raises {type(error).__name__}: {error}") from None


def _small(source: Source, library: Library, request: driver.Request, graph: Graph) -> Graph:
    """The network for the smallest images for which it has the same weights."""
    (first, *more) = (graph.nodes[number] for number in graph.inputs)
    if more or len(first.shape) != IMAGE or getattr(first.op, "fixed", False):
        return graph
    expected = structure(graph, graph.root), weights_of(graph, graph.root)
    for size in SIZES:
        if size >= max(first.shape[1:]):
            break
        inputs: Mapping[str, Size] = {first.label or "input": Size((first.shape[0], size, size))}
        found = elaborated(source, library, replace(request, inputs=inputs))
        if found and (structure(found, found.root), weights_of(found, found.root)) == expected:
            return found
    return graph
