"""The content of a generated file: finished lines for the template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archdsl.backends.head import Origin, head
from archdsl.backends.torch import recompute as recomputing
from archdsl.backends.torch.class_view import ClassView, class_view, network_view
from archdsl.backends.torch.classes import Classes
from archdsl.backends.torch.devices import Devices
from archdsl.backends.torch.docstrings import docstring, heading
from archdsl.backends.torch.factories import Factory
from archdsl.backends.torch.forward import Training
from archdsl.backends.torch.forward.drop_path import Choices, choices_of
from archdsl.backends.torch.forward.variables import input_names
from archdsl.backends.torch.generated_class import Class
from archdsl.backends.torch.layout import (
    INDENT,
    CallOf,
    Expr,
    function_head,
)
from archdsl.backends.torch.outline import MODULES, Module, outline
from archdsl.backends.torch.size_checks import size_checks
from archdsl.backends.torch.splits import with_splits
from archdsl.backends.torch.support import DIVISIBLE, defined, imports_of, needed, support_of
from archdsl.ir import Graph
from archdsl.ops import size
from archdsl.reserved import allowed, free_name

LAID_OUT = ".to(memory_format=torch.channels_last)"


@dataclass(frozen=True)
class FunctionView:
    """A function beside the classes."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class FileView:
    """A generated file."""

    doc: tuple[str, ...]
    imports: tuple[str, ...]
    outputs: tuple[str, ...]
    support: tuple[str, ...]
    classes: tuple[ClassView | FunctionView, ...]
    factory: tuple[str, ...]
    factory_doc: tuple[str, ...]
    made: str


def view(
    graph: Graph,
    origin: Origin | None,
    devices: Devices | None = None,
    recompute: bool = False,
    channels_last: bool = False,
    in_place: bool = True,
) -> FileView:
    """The file for a network; `origin` is for its head."""
    root = with_splits(outline(graph, replace(MODULES, in_place=in_place)))
    if recompute:
        root = recomputing.with_recomputation(root)
    classes = Classes(graph)
    support = (*support_of(root), recomputing.SUPPORT.strip("\n"), DIVISIBLE)
    classes.names.add(graph.name)
    classes.names.update(name for source in support for name in defined(source))
    classes.add_all(root)
    definitions = [f"{name} = {layer.maker}" for layer, name in classes.partials.items()]
    training = _training(graph, root, classes)
    choices = choices_of(classes, training.auxiliaries if training else ())
    first = size_checks(graph, root)
    images = _images(graph, root) if channels_last else []
    first += map(_laid_out, images)
    main = classes.of[root]
    network = network_view(main, root, classes, training, devices, first, choices)
    views = (*_blocks(classes, main, network.body, choices), network)
    lines = [line for made in views for line in lines_of(made)]
    support = (*needed(support, lines), *definitions)
    parameters = main.parameters
    declared = [*(p.declared for p in parameters), *([devices.parameter] if devices else [])]
    given = [*(p.name for p in parameters), *(["devices"] if devices else [])]
    shape = " and ".join(size(graph.nodes[number].shape) for number in graph.inputs)
    return FileView(
        doc=docstring(heading(graph), 0, head(origin)),
        outputs=_outputs(graph, root, training) if training else (),
        imports=imports_of(training is not None, [*support, *lines]),
        support=support,
        classes=views,
        factory=function_head(f"def {graph.name}", declared, main.name, 0),
        factory_doc=docstring(f"The network, with new weights, for inputs of {shape}.", 1),
        made=f"{main.name}({', '.join(given)}){LAID_OUT if images else ''}",
    )


def _images(graph: Graph, root: Module) -> list[str]:
    """The names of those inputs of the network that have rows and columns."""
    named = zip(root.inputs, input_names(root), strict=True)
    return [name for number, name in named if len(graph.nodes[number].shape) == 3]


def _training(graph: Graph, root: Module, classes: Classes) -> Training | None:
    if not graph.auxiliaries:
        return None
    nodes = tuple(aux.node for aux in graph.auxiliaries)
    return Training(f"{classes.of[root].name}Outputs", nodes)


def _outputs(graph: Graph, root: Module, training: Training) -> tuple[str, ...]:
    """The tuple that the network returns in training."""
    made = {number: part.name for part in root.parts for number in part.outputs}
    own = graph.output_names or ["output"]
    asides: list[str] = []
    for aux in graph.auxiliaries:
        asides.append(free_name(made[aux.node], {*map(allowed, own), *asides}))
    weights = ", ".join(
        f"{name} {aux.weight:g}" for name, aux in zip(asides, graph.auxiliaries, strict=True)
    )
    doc = f"What the network returns in training; weights of the losses: {weights}."
    fields = tuple(f"    {allowed(name)}: Tensor" for name in (*own, *asides))
    return (f"class {training.outputs}(NamedTuple):", *docstring(doc, 1), "", *fields)


def _blocks(
    classes: Classes, main: Class, body: Sequence[str], choices: Choices
) -> Iterator[ClassView | FunctionView]:
    """The classes of blocks, and the functions that choose between them.

    A class that is but a row of layers is written where its function returns it, unless the
    `body` of the network's constructor names it.
    """
    words = set(re.findall(r"\w+", "\n".join(body)))
    last = {factory: made for made in classes.found for factory in _factories(classes, made)}
    outermost = {made.instances[0].scope.title: made for made in classes.found}
    rows: dict[str, Expr] = {}
    for made in classes.found:
        if made is main:
            continue
        chosen = _factories(classes, made)
        is_row = made.counts and not made.prelude and not made.guarded
        if chosen and is_row and made.name not in words:
            layers = made.row or tuple(made.members.values())
            rows[made.name] = CallOf("nn.Sequential", layers)
        else:
            yield class_view(made, choices, _doc(made, chosen, outermost))
        for factory in chosen:
            if last[factory] is made:
                yield FunctionView(_function(factory, rows))


def _doc(made: Class, chosen: Sequence[Factory], outermost: Mapping[str, Class]) -> str:
    """The author's comment on a block, or the case of a class that is one of several.

    The comment is the docstring of the function that chooses between the classes. A block that
    calls itself has it at the outermost class.
    """
    title = made.instances[0].scope.title
    for factory in chosen:
        if sum(leaf is not None for leaf in factory.leaves) > 1:
            return f"`{title}` where {factory.where(made)}."
    if not made.case or outermost[title] is made:
        return made.doc
    several = len(made.instances[0].outputs) > 1
    return f"`{title}` where {made.case}{', returning its branches' if several else ''}."


def _factories(classes: Classes, made: Class) -> list[Factory]:
    """The function that makes a class, if one does."""
    found = classes.factories.get(made.instances[0])
    return [found] if found is not None else []


def _function(factory: Factory, rows: Mapping[str, Expr]) -> tuple[str, ...]:
    declared = [parameter.declared for parameter in factory.parameters]
    head = function_head(f"def {factory.name}", declared, "nn.Module", 0)
    return (*head, *docstring(factory.doc, 1), *factory.lines(rows))


def _laid_out(name: str) -> str:
    """The statement that gives images the layout of the weights, whatever they come in."""
    return f"{INDENT * 2}{name} = {name}.contiguous(memory_format=torch.channels_last)"


def lines_of(made: ClassView | FunctionView) -> list[str]:
    if isinstance(made, FunctionView):
        return [*made.lines]
    return [made.base, *made.init, *made.body, *made.forward]
