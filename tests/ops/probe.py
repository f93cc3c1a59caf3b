"""An op's example as the language and PyTorch see it: the node, its module and its function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archdsl import driver
from archdsl.diagnostics import Diagnostic, Sink, Source
from archdsl.elaboration.modules import Library
from archdsl.ir import Graph, Node, verify
from archdsl.ops import OPS, Example, Op
from archdsl.ops.torch_form import Call, Code, TorchForm

BATCH = 2
EXAMPLES = [(op, example) for op in OPS.values() for example in op.examples]
NAMES = [f"{example.text} on {example.inputs}" for _, example in EXAMPLES]


@dataclass(frozen=True)
class Probe:
    """The node that an example ends with, and its form in PyTorch."""

    graph: Graph
    node: Node
    form: TorchForm

    @property
    def op(self) -> Op:
        return self.node.op

    def operands(self, seed: int = 0) -> list[Tensor]:
        """A batch of random values for each input of the node."""
        made = torch.Generator().manual_seed(seed)
        shapes = self.graph.operands(self.node)
        return [torch.randn(BATCH, *s, generator=made, dtype=torch.float64) for s in shapes]

    def module(self) -> nn.Module:
        """The module form, in float64."""
        assert self.form.module is not None
        torch.manual_seed(0)
        made = evaluate(self.form.module, self.form.support)
        assert isinstance(made, nn.Module)
        return made.double()

    def function(self, training: bool = False) -> Callable[..., Tensor]:
        """The function form, as a function of the operands."""
        call = self.form.function
        assert call is not None
        if call.function in ("+", "*"):
            return _folded(call.function, [arg.value for arg in call.args])
        operands = "[{}]" if call.listed else "{}"

        def run(*values: Tensor) -> Tensor:
            names = [f"x{i}" for i in range(len(values))]
            known = dict(zip(names, values, strict=True))
            return evaluate(call, "", operands.format(", ".join(names)), training, known)

        return run

    def forms(self, training: bool = False) -> list[Callable[..., Tensor]]:
        """The forms that there are."""
        found: list[Callable[..., Tensor]] = []
        if self.form.module is not None:
            found.append(self.module().train(training))
        if self.form.function is not None:
            found.append(self.function(training))
        return found

    def run(self, training: bool = False) -> Callable[..., Tensor]:
        """Either form."""
        return self.forms(training)[0]


def probe(example: Example, in_place: bool = False) -> Probe:
    """The example as a network of its own, through the whole front end."""
    graphs, found = compiled(example)
    assert not found, (example, found)
    (graph,) = graphs
    verify(graph)
    node = graph.nodes[graph.outputs[0]]
    return Probe(graph, node, node.op.torch(graph.operands(node), in_place))


def mistakes(example: Example) -> list[str]:
    """The codes of what is wrong with an example."""
    graphs, found = compiled(example)
    assert not (graphs and found)
    return [problem.code for problem in found]


def compiled(example: Example) -> tuple[list[Graph], list[Diagnostic]]:
    text = f"network probe {{\n    input {example.inputs}\n    {example.text}\n}}\n"
    sink = Sink()
    library = Library(lambda name, importer: None)
    graphs = driver.graphs(Source("probe.arch", text), library, sink, driver.Request())
    return list(graphs), list(sink.found)


def evaluate(
    call: Call, support: str, operands: str = "", training: bool = False, known: Any = None
) -> Any:
    """A call as Python runs it, beside the class that it needs."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "Tensor": Tensor}
    exec(support, names)
    parts = [operands] if operands else []
    for arg in call.args:
        if arg.keyword and arg.default is not None and arg.value == arg.default:
            continue
        text = str(arg.value) if isinstance(arg.value, Code) else repr(arg.value)
        text = text.replace("self.training", str(training))
        parts.append(f"{arg.name}={text}" if arg.keyword else text)
    return eval(f"{call.function}({', '.join(parts)})", names, known or {})


def _folded(sign: str, numbers: list[float]) -> Callable[..., Tensor]:
    def run(first: Tensor, *others: Tensor) -> Tensor:
        for other in (*others, *numbers):
            first = first + other if sign == "+" else first * other
        return first

    return run
