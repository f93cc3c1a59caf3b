"""What must hold for any text: success or findings, and code that computes what the graph says."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archdsl import driver, files
from archdsl.analyses.cost import costs, total
from archdsl.analyses.lints import LINTS
from archdsl.analyses.memory import memory
from archdsl.backends.torch import emit, emit_engine
from archdsl.diagnostics import Source, pages
from archdsl.diagnostics.text_form import to_text
from archdsl.inference.pipeline import optimised
from archdsl.ir import Graph, verify
from archdsl.ops.base import volume

if TYPE_CHECKING:
    from torch import Tensor

MOST_NODES = 1_500  # larger graphs are checked, but not compiled
MOST_MACS, MOST_PARAMETERS = 20_000_000, 2_000_000  # larger networks are not run


@dataclass
class Wrong(Exception):  # noqa: N818
    """Something that does not hold, in words that do not depend on the text."""

    why: str

    def __str__(self) -> str:
        return self.why


def outcome(text: str, rng: random.Random, run: float) -> str:
    """`findings`, `compiled` or `run`; raises where anything is wrong.

    Each network is compiled to one of the forms; a part `run` of them is run in all.
    """
    source = Source("fuzzed.arch", text)
    with stage("check"):
        found, graphs = driver.report(source, files.library(), LINTS)
        for finding in found:
            _holds(finding, text)
    if any(finding.severity == "error" for finding in found):
        return "findings"
    ran = False
    for graph in graphs:
        with stage("verify"):
            verify(graph)
        if len(graph.nodes) <= MOST_NODES:
            _compiles(graph, rng.choice(sorted(FORMS)))
            if rng.random() < 0.2:
                with stage("memory"):
                    memory(graph)
            if rng.random() < run and _is_small(graph):
                _runs(graph)
                ran = True
    return "run" if ran else "compiled"


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Adds to an exception the name of the stage that raised it."""
    try:
        yield
    except BaseException as error:
        error.add_note(name)
        raise


def _holds(finding: Any, text: str) -> None:
    """A finding has a place in the text, a page, a message, and can be drawn."""
    if finding.span is None or not 0 <= finding.span.start <= finding.span.end:
        raise Wrong(f"{finding.code} has no place")
    if finding.span.source.name == "fuzzed.arch" and finding.span.end > len(text):
        raise Wrong(f"{finding.code} has a place beyond the end")
    if not pages.page(finding.code) or not finding.message:
        raise Wrong(f"{finding.code} has no page or no message")
    if not to_text(finding).startswith(f"{finding.severity}[{finding.code}]: "):
        raise Wrong(f"{finding.code} is drawn without its code")


def _engine(graph: Graph) -> str:
    with stage("passes"):
        rewritten = optimised(graph)
        verify(rewritten)
    return emit_engine(rewritten)


FORMS: dict[str, Callable[[Graph], str]] = {
    "module": emit,
    "training": lambda graph: emit(graph, channels_last=True),
    "checkpoint": lambda graph: emit(graph, recompute=True),
    "engine": _engine,
}


def _compiles(graph: Graph, form: str) -> str:
    """The text of a form, which is Python."""
    with stage(form):
        text = FORMS[form](graph)
        compile(text, f"{form}.py", "exec")
        return text


def _is_small(graph: Graph) -> bool:
    cost = total(graph, costs(graph))
    return cost.macs <= MOST_MACS and cost.params <= MOST_PARAMETERS


def _runs(graph: Graph) -> None:
    """Outputs have the graph's shapes and values; gradients can be computed."""
    import torch

    from tests.backends.torch.interpreter import interpret, load
    from tests.passes.engines import images, trained

    given = images(graph, 2)
    with stage("evaluation"), torch.no_grad():
        model = trained(graph)
        found = _listed(model(*given))
        state = dict(model.state_dict())
        expected = interpret(graph, state, list(given), False)
        _near(found, expected, "evaluation")
        for value, number in zip(found, graph.outputs, strict=True):
            if tuple(value.shape[1:]) != graph.nodes[number].shape:
                raise Wrong("an output has another shape than the graph's")
    with stage("engine run"):
        loaded = load(_compiles(graph, "engine"), f"{graph.name}_inference")
        sys.modules.pop(loaded.__name__)
        (made,) = [c for name, c in vars(loaded).items() if name.endswith("Inference")]
        run = made.from_state_dict(state, dtype=torch.float64)
        for _ in range(2):
            _near(_listed(run(*given)), expected, "the engine")
    with stage("training run"):
        model.train()
        for _ in range(2):
            _backward(model, given)
    if _has_one_result(graph):
        with stage("gradients"):
            _equal_gradients(graph, state)
    with stage("checkpoint run"):
        thrifty = getattr(load(_compiles(graph, "checkpoint")), graph.name)().double().train()
        thrifty.load_state_dict(state)
        _backward(thrifty, given)


def _backward(model: Any, given: list[Tensor]) -> None:
    """One step; the images need gradients, so that overwriting them is an error."""
    given = [images.clone().requires_grad_() for images in given]
    values = [value for value in _listed(model(*given)) if value.requires_grad]
    if values:
        sum(value.square().mean() for value in values).backward()  # type: ignore[union-attr]


def _has_one_result(graph: Graph) -> bool:
    """Whether training tosses no coins, and norms see enough values for a comparison."""
    ops = [node.op for node in graph.nodes]
    if any(0 < getattr(op, "p", getattr(op, "drop", 0)) < 1 for op in ops):
        return False
    norms = (node for node in graph.nodes if node.op.kind == "norm")
    return all(volume(node.shape[1:]) >= 64 for node in norms)


def _equal_gradients(graph: Graph, state: dict[str, Tensor]) -> None:
    """Training computes what the graph does, node by node; so do its gradients."""
    import torch

    from tests.backends.torch.interpreter import compiled, interpret
    from tests.passes.engines import images

    given = images(graph, 4)
    model = compiled(graph).double().train()
    model.load_state_dict(state)
    own = {name: value.detach().clone() for name, value in state.items()}
    learned = {name: own[name].requires_grad_() for name, _ in model.named_parameters()}
    expected = interpret(graph, own, list(given), True)
    found = _listed(model(*given))[: len(expected)]
    _near([x.detach() for x in found], [x.detach() for x in expected], "training")
    for values in (found, expected):
        whole = [value.square().mean() for value in values if value.requires_grad]
        if whole:
            sum(whole).backward()  # type: ignore[union-attr]
    names = [name for name, value in learned.items() if value.grad is not None]
    ours = dict(model.named_parameters())
    missing = [name for name in names if ours[name].grad is None and learned[name].grad.any()]  # type: ignore[union-attr]
    if missing:
        raise Wrong("a weight has no gradient")
    both = [(ours[name].grad, learned[name].grad) for name in names if ours[name].grad is not None]
    if both:
        mine, theirs = (torch.cat([g.flatten() for g in of]) for of in zip(*both, strict=True))  # type: ignore[union-attr]
        _near([mine], [theirs], "a gradient")


def _listed(result: Any) -> list[Tensor]:
    return list(result) if isinstance(result, tuple) else [result]


def _near(found: list[Tensor], expected: list[Tensor], where: str) -> None:
    """Equal up to rounding, which a network may enlarge: 1e-6 of the largest value."""
    import torch

    for a, b in zip(found, expected, strict=True):
        scale = float(b.abs().nan_to_num(0, 0, 0).max()) + 1e-6
        if a.shape != b.shape or not torch.allclose(
            a, b, rtol=0, atol=1e-6 * scale, equal_nan=True
        ):
            raise Wrong(f"{where} computes other numbers")
