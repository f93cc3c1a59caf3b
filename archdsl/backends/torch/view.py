"""What the template of a generated file shows: finished lines, nothing left to decide."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from archdsl.backends.head import Origin, head
from archdsl.backends.torch import recompute as recomputing
from archdsl.backends.torch.classes import Class, Classes, Loop
from archdsl.backends.torch.devices import Devices
from archdsl.backends.torch.docstrings import docstring, heading
from archdsl.backends.torch.factories import Factory
from archdsl.backends.torch.forward import Training, write_forward
from archdsl.backends.torch.forward.drop_path import NO_CHOICES, Choices, choices_of
from archdsl.backends.torch.forward.variables import input_names
from archdsl.backends.torch.initialise import initialisation
from archdsl.backends.torch.layout import INDENT, WIDTH, Atom, CallOf, Expr, Repeated, laid_out
from archdsl.backends.torch.outline import MODULES, Module, outline
from archdsl.backends.torch.size_checks import size_checks
from archdsl.backends.torch.splits import with_splits
from archdsl.ir import Graph
from archdsl.ops import size
from archdsl.reserved import allowed, free_name

LAID_OUT = ".to(memory_format=torch.channels_last)"
DIVISIBLE = '''
def divisible(value: float, by: int = 8, least: int | None = None) -> int:
    """The multiple of `by` nearest to a channel count, at least 0.9 of it (MobileNet)."""
    rounded = max(least or by, int(value + by / 2) // by * by)
    return rounded + by if rounded < 0.9 * value else rounded
'''.strip("\n")
DENSE_FORWARD = (
    "    def forward(self, x: Tensor) -> Tensor:",
    "        for layer in self:",
    "            x = torch.cat([x, layer(x)], 1)",
    "        return x",
)


@dataclass(frozen=True)
class ClassView:
    """A class: its head, docstring, and the lines of its two methods."""

    name: str
    base: str
    doc: tuple[str, ...]
    init: tuple[str, ...]
    body: tuple[str, ...]
    forward: tuple[str, ...]


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
    training = _training(graph, root, classes)
    choices = choices_of(classes, training.auxiliaries if training else ())
    first = size_checks(graph, root)
    images = _images(graph, root) if channels_last else []
    first += map(_laid_out, images)
    main = classes.of[root]
    network = network_view(main, root, classes, training, devices, first, choices)
    views = (*_blocks(classes, main, network.body, choices), network)
    lines = [line for made in views for line in lines_of(made)]
    support = needed(support, lines)
    parameters = main.parameters
    declared = [*(p.declared for p in parameters), *([devices.parameter] if devices else [])]
    given = [*(p.name for p in parameters), *(["devices"] if devices else [])]
    shape = " and ".join(size(graph.nodes[number].shape) for number in graph.inputs)
    return FileView(
        doc=docstring(heading(graph), 0, head(origin)),
        outputs=_outputs(graph, root, training) if training else (),
        imports=_imports(training is not None, [*support, *lines]),
        support=support,
        classes=views,
        factory=_head(f"def {graph.name}", declared, main.name, 0),
        factory_doc=docstring(f"The network, with new weights, for inputs of {shape}.", 1),
        made=f"{main.name}({', '.join(given)}){LAID_OUT if images else ''}",
    )


def _images(graph: Graph, root: Module) -> list[str]:
    """The names of those inputs of the network that have rows and columns."""
    named = zip(root.inputs, input_names(root), strict=True)
    return [name for number, name in named if len(graph.nodes[number].shape) == 3]


def support_of(root: Module) -> tuple[str, ...]:
    """Definitions that ops need and PyTorch does not have, each once."""
    texts = dict.fromkeys(part.form.support for module in root.walk() for part in module.parts)
    sources = (source for text in texts for source in text.split("\n\n\n"))
    return tuple(dict.fromkeys(source.strip("\n") for source in sources if source.strip("\n")))


def defined(source: str) -> list[str]:
    return re.findall(r"^(?:class|def) (\w+)", source, re.MULTILINE)


def needed(support: tuple[str, ...], lines: list[str]) -> tuple[str, ...]:
    """The support that the lines mention, and what that mentions: functions need none."""
    found: set[str] = set()
    texts = ["\n".join(lines)]
    while texts:
        words = set(re.findall(r"\w+", "\n".join(texts)))
        texts = [s for s in support if s not in found and not words.isdisjoint(defined(s))]
        found.update(texts)
    return tuple(source for source in support if source in found)


# ------------------------------------------------------------------ training-only outputs


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


# ------------------------------------------------------------------ classes


def _blocks(
    classes: Classes, main: Class, body: Sequence[str], choices: Choices
) -> Iterator[ClassView | FunctionView]:
    """The classes of blocks, and the functions that choose between them.

    A class that is but a row of layers is written where its function returns it, unless the
    `body` of the network's constructor names it.
    """
    words = set(re.findall(r"\w+", "\n".join(body)))
    last = {factory: made for made in classes.found for factory in _factories(classes, made)}
    rows: dict[str, Expr] = {}
    for made in classes.found:
        if made is main:
            continue
        chosen = _factories(classes, made)
        is_row = made.counts and not made.prelude and not made.guarded
        if chosen and is_row and made.name not in words:
            layers = (made.members[position] for position in made.members)
            rows[made.name] = CallOf("nn.Sequential", tuple(layers))
        else:
            several = [f for f in chosen if sum(leaf is not None for leaf in f.leaves) > 1]
            doc = f"`{several[0].title}` where {several[0].where(made)}." if several else made.doc
            yield class_view(made, choices, doc)
        for factory in chosen:
            if last[factory] is made:
                yield FunctionView(_function(factory, rows))


def _factories(classes: Classes, made: Class) -> list[Factory]:
    """The function that makes a class, if one does."""
    found = classes.factories.get(made.instances[0])
    return [found] if found is not None else []


def _function(factory: Factory, rows: Mapping[str, Expr]) -> tuple[str, ...]:
    declared = [parameter.declared for parameter in factory.parameters]
    head = _head(f"def {factory.name}", declared, "nn.Module", 0)
    return (*head, *docstring(factory.doc, 1), *factory.lines(rows))


def class_view(made: Class, choices: Choices = NO_CHOICES, doc: str | None = None) -> ClassView:
    gather = made.dense and all(link.child and link.child.gathers for link in made.pattern.links)
    dense = recomputing.DENSE_FORWARD if gather else DENSE_FORWARD
    return ClassView(
        made.name,
        "nn.Sequential" if made.numbered or made.loop else "nn.Module",
        docstring(made.doc if doc is None else doc, 1),
        _signature(made),
        tuple(_members(made)),
        dense if made.dense else _forward(made, None, (), choices),
    )


def network_view(
    made: Class,
    root: Module,
    classes: Classes,
    training: Training | None,
    devices: Devices | None,
    first: Sequence[str] = (),
    choices: Choices = NO_CHOICES,
) -> ClassView:
    """The class of the network itself, which fills the weights and says what lives where.

    `first` are lines that its `forward` begins with.
    """
    body = _members(made) + initialisation(root, classes)
    if devices is not None:
        body.insert(1, devices.kept)
        body += devices.moves(_paths(root, classes))
    return ClassView(
        made.name,
        "nn.Module",
        (),
        _signature(made, [devices.parameter] if devices else []),
        tuple(body),
        _forward(made, training, [*_draws(root), *first], choices),
    )


def _laid_out(name: str) -> str:
    """The statement that gives images the layout of the weights, whatever they come in."""
    return f"{INDENT * 2}{name} = {name}.contiguous(memory_format=torch.channels_last)"


def _paths(module: Module, classes: Classes, before: str = "") -> set[str]:
    """The paths of all modules that constructors make."""
    made = classes.of.get(module)
    found: set[str] = set()
    for position, part in enumerate(module.parts):
        if made is None or made.loop or position in made.members:
            found.add(before + part.name)
            if part.child is not None:
                found |= _paths(part.child, classes, f"{before}{part.name}.")
    return found


def _forward(
    made: Class, training: Training | None, draws: Sequence[str], choices: Choices
) -> tuple[str, ...]:
    if made.sequential:
        return ()
    written = write_forward(made, training, choices)
    head = _head("def forward", ["self", *written.parameters], written.returns, 1)
    return (*head, *draws, *written.lines)


def _draws(root: Module) -> list[str]:
    """What a network draws for each mini-batch before it computes."""
    draws = dict.fromkeys(part.form.draws for module in root.walk() for part in module.parts)
    x = input_names(root)[0]
    found = [f"{INDENT * 3}{statement.format(x=x)}" for statement in draws if statement]
    return [f"{INDENT * 2}if self.training:", *found] if found else []


def _signature(made: Class, more: Sequence[str] = ()) -> tuple[str, ...]:
    if not made.members and not made.loop:
        return ()
    parameters = ["self", *(parameter.declared for parameter in made.parameters), *more]
    return _head("def __init__", parameters, "None", 1)


def _head(name: str, parameters: Sequence[str], returns: str, level: int) -> tuple[str, ...]:
    """The line that a function begins with, broken as `ruff format` would."""
    indent, inner = INDENT * level, INDENT * (level + 1)
    flat = f"{indent}{name}({', '.join(parameters)}) -> {returns}:"
    if len(flat) <= WIDTH:
        return (flat,)
    opening, closing = f"{indent}{name}(", f"{indent}) -> {returns}:"
    together = f"{inner}{', '.join(parameters)}"
    if len(together) <= WIDTH and len(parameters) > 1:
        return (opening, together, closing)
    return (opening, *(f"{inner}{parameter}," for parameter in parameters), closing)


def _members(made: Class) -> list[str]:
    lines, before = _member_lines(made), [*made.prelude, *made.checks]
    if made.counts or made.loop:
        return [*before, *lines]
    return [*lines[:1], *before, *lines[1:]]


def _member_lines(made: Class) -> list[str]:
    if made.loop:
        return _looped(made.loop)
    named = {made.pattern.parts[position].name: made.members[position] for position in made.members}
    lines = ["        super().__init__()"] if made.members else []
    if made.counts:
        numbered = [laid_out("", named[name], ",", level=3) for name in named if name.isdigit()]
        lines = ["        super().__init__(", *chain.from_iterable(numbered), "        )"]
        named = {name: named[name] for name in made.labels}
    for name, expression in named.items():
        if name.isdigit():
            lines += laid_out("", CallOf("self.add_module", (Atom(f'"{name}"'), expression)))
        else:
            lines += laid_out(f"self.{name} = ", expression)
    return lines


def _looped(loop: Loop) -> list[str]:
    """The children of a dense block: numbered from 0 as `nn.Sequential` does, or by label."""
    assert loop.item is not None
    if loop.prefix == "" and loop.first == 0:
        repeated = Repeated(loop.item, "i" if any(loop.run.steps) else "_", loop.count)
        return laid_out("", CallOf("super().__init__", (repeated,)))
    number = f"i + {loop.first}" if loop.first else "i"
    name = Atom(f'f"{loop.prefix}{{{number}}}"')
    return [
        "        super().__init__()",
        f"        for i in range({loop.count}):",
        *laid_out("", CallOf("self.add_module", (name, loop.item)), level=3),
    ]


def lines_of(made: ClassView | FunctionView) -> list[str]:
    if isinstance(made, FunctionView):
        return [*made.lines]
    return [made.base, *made.init, *made.body, *made.forward]


def _imports(named_tuple: bool, lines: list[str]) -> tuple[str, ...]:
    text = "\n".join(lines)
    again = "Recomputed" in text
    typing = [*(["Any"] if again else []), *(["NamedTuple"] if named_tuple else [])]
    found = [recomputing.CALLABLE] if again else []
    found += [f"from typing import {', '.join(typing)}", ""] if typing else []
    if re.search(r"(?<![\w.])math\.", text):
        found[:0] = ["import math"]
        found += [] if typing else [""]
    if re.search(r"(?<![\w.])torch\.", text):
        found.append("import torch")
    if re.search(r"(?<![\w.])F\.", text):
        found.append("import torch.nn.functional as F")
    found.append("from torch import Tensor, nn" if "Tensor" in text else "from torch import nn")
    return (*found, recomputing.ONCE) if again else tuple(found)
