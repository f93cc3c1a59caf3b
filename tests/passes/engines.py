"""Engines beside the trainable modules whose weights they load."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.backends.torch import emit, emit_engine
from archdsl.inference.pipeline import INFERENCE, Pass
from archdsl.ir import Graph, verify
from tests.backends.torch.interpreter import interpret, load


def trained(graph: Graph, dtype: torch.dtype = torch.float64) -> nn.Module:
    """The module of a graph in evaluation, with weights and statistics as after a training."""
    made: nn.Module = getattr(load(emit(graph)), graph.name)()
    random = torch.Generator().manual_seed(0)
    for module in made.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2, generator=random)
            module.running_var.uniform_(0.5, 2, generator=random)
            if module.affine:
                nn.init.uniform_(module.weight, -0.3, 1.5, generator=random)
                nn.init.normal_(module.bias, 0, 0.2, generator=random)
    return made.to(dtype).eval()


def rewritten(graph: Graph, passes: tuple[Pass, ...] = INFERENCE) -> Graph:
    """The graph after some passes, each of which leaves it whole."""
    for rewrite in passes:
        graph = rewrite(graph)
        verify(graph)
    return graph


def engine_file(graph: Graph, standalone: bool = False) -> ModuleType:
    """The generated file of a rewritten graph, imported."""
    text = emit_engine(graph, standalone=standalone)
    return load(text, f"{graph.name}_inference")


def patch_runtime(patch: pytest.MonkeyPatch, engine: Any, **values: Any) -> None:
    """Replace names of the runtime where an engine's code looks them up."""
    modules = [m for name, m in sys.modules.items() if name.startswith("archdsl.runtime")]
    for namespace in (*map(vars, modules), type(engine).forward.__globals__):
        for name in values.keys() & namespace.keys():
            patch.setitem(namespace, name, values[name])


def engine_of(graph: Graph, model: nn.Module, **options: Any) -> Any:
    """The engine of a rewritten graph with a module's weights."""
    module = engine_file(graph)
    sys.modules.pop(module.__name__)
    (made,) = [c for name, c in vars(module).items() if name.endswith("Inference")]
    return made.from_state_dict(model.state_dict(), **options)


def images(graph: Graph, batch: int = 2) -> list[Tensor]:
    """A batch for each input of a graph, in double precision."""
    random = torch.Generator().manual_seed(1)
    shapes = [graph.nodes[number].shape for number in graph.inputs]
    return [torch.randn(batch, *s, generator=random, dtype=torch.float64) for s in shapes]


def agree(graph: Graph, passes: tuple[Pass, ...] = INFERENCE) -> None:
    """In float64 the engine of the passed graph computes what the trainable module does."""
    model = trained(graph)
    given = images(graph)
    engine = engine_of(rewritten(graph, passes), model, dtype=torch.float64)
    with torch.no_grad():
        expected = model(*given)
    for _ in range(2):  # other images: the second call's operators are then replayed
        engine(*(x.flip(0) for x in given))
    close(engine(*given), expected)


def close(found: Any, expected: Any) -> None:
    """One output or several are equal up to rounding, or not numbers in the same places."""
    pair = [list(x) if isinstance(x, tuple | list) else [x] for x in (found, expected)]
    for a, b in zip(*pair, strict=True):
        scale = max(float(b.nan_to_num(0, 0, 0).abs().max()), 1e-6)
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10 * scale, equal_nan=True)


def agree_at_every_call(graph: Graph, passes: tuple[Pass, ...] = INFERENCE) -> None:
    """As `agree`, by the interpreter: at repeated calls and for another batch between them."""
    model = trained(graph)
    engine = engine_of(rewritten(graph, passes), model, dtype=torch.float64)
    given = images(graph)
    kept = [x.clone() for x in given]
    for batch in (2, 2, 1, 2, 1):
        part = [x[:batch] for x in given]
        close(engine(*part), interpret(graph, dict(model.state_dict()), part, training=False))
    assert all(map(torch.equal, given, kept)), "the caller's images have changed"
