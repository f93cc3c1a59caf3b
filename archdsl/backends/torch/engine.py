"""Inference engines: a rewritten graph as a file that loads the trained weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archdsl.backends.head import Origin, head
from archdsl.backends.torch.class_view import ClassView, class_view, network_view
from archdsl.backends.torch.classes import Classes
from archdsl.backends.torch.docstrings import docstring, heading
from archdsl.backends.torch.finalise import Finalised, finalised
from archdsl.backends.torch.generated_class import Class
from archdsl.backends.torch.outline import Module, outline
from archdsl.backends.torch.runtime_source import (
    definitions,
    imports_of,
    needed_of,
    used_of,
    version,
)
from archdsl.backends.torch.size_checks import has_fixed_size
from archdsl.backends.torch.support import defined, needed, support_of
from archdsl.backends.torch.tensors import tensors_of
from archdsl.backends.torch.view import lines_of
from archdsl.ir import Graph
from archdsl.ops.base import volume

SUFFIX = "_inference"
DENSE_FORWARD = (
    "    def forward(self, x: Tensor) -> Tensor:",
    "        return densely([*self], x)",
)


@dataclass(frozen=True)
class EngineView:
    """A generated file; `check` compares the version of the runtime that it imports."""

    doc: tuple[str, ...]
    imports: tuple[str, ...]
    check: str
    support: tuple[str, ...]
    classes: tuple[ClassView, ...]


def engine_view(graph: Graph, origin: Origin | None, standalone: bool) -> EngineView:
    """Return the file for a graph that passes have rewritten; `origin` is for its head.

    A standalone file contains what it uses of the runtime; another one imports it.
    """
    made = finalised(graph, graph.name + SUFFIX)
    known = definitions()
    root = outline(made.graph)
    of_ops = support_of(root)
    classes = Classes(
        made.graph,
        traces=False,
        names={*known, *(name for source in of_ops for name in defined(source))},
    )
    classes.add_all(root)
    *blocks, network = (_class(found, root, classes, made.graph) for found in classes.found)
    views = (*_documented(blocks), replace(network, base="Engine", doc=_attributes(made)))
    lines = [line for found in views for line in lines_of(found)]
    of_ops = needed(of_ops, lines)
    used = "\n".join([*of_ops, *lines, *views[-1].doc])
    doc = docstring(f"{graph.name} for inference.\n\n{heading(graph)}", 0, head(origin))
    if standalone:
        support = (*needed_of(used), *of_ops)
        return EngineView(doc, imports_of("\n".join([*support, used])), "", support, views)
    check = f'require_version("{version()}")'
    imports = imports_of(used, used_of(f"{check}\n{used}"))
    return EngineView(doc, imports, check, of_ops, views)


def _documented(classes: Sequence[ClassView]) -> Iterator[ClassView]:
    """Keep a docstring at the first class that has it: variants of a block share theirs."""
    known: set[tuple[str, ...]] = set()
    for found in classes:
        yield replace(found, doc=()) if found.doc in known else found
        known.add(found.doc)


def _class(made: Class, root: Module, classes: Classes, graph: Graph) -> ClassView:
    """A class as the trainable module's, except dense blocks, which need no concatenation."""
    if made.instances[0] is root:
        return network_view(made, root, classes, None, None)
    found = class_view(made)
    steady = made.loop is not None and all(_steady(m, graph) for m in made.instances)
    return replace(found, forward=DENSE_FORWARD) if steady else found


def _steady(module: Module, graph: Graph) -> bool:
    """Whether all layers of a dense block add as many channels."""
    growths = {graph.nodes[layer.outputs[0]].shape[0] for layer in module.links}
    return len(growths) == 1


def _attributes(made: Finalised) -> tuple[str, ...]:
    """The attributes of the network's class: sizes of its values, new names of weights."""
    sizes = [made.graph.nodes[number].shape for number in made.graph.inputs]
    largest = max(volume(node.shape) for node in made.graph.nodes)
    lines = [f"    sizes = ({', '.join(map(str, sizes))},)", f"    largest = {largest:_}"]
    if has_fixed_size(made.graph):
        lines += ["    fixed = True"]
    if made.places:
        entries = [f'        "{new}": "{old}",' for new, old in made.places.items()]
        lines += ["    places: ClassVar[Mapping[str, str]] = {", *entries, "    }"]
    tensors = tensors_of(made.graph.source or made.graph)
    return (*lines, *_listed("tensors", tensors.needed), *_listed("unused", tensors.unused))


def _listed(name: str, rows: Sequence[str]) -> list[str]:
    """Return a class attribute whose text is a table, or nothing for an empty one."""
    if not rows:
        return []
    return [f'    {name} = """', *(f"        {row}" for row in rows), '    """']
