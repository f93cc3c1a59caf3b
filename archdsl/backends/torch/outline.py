"""The network as modules: which part of the graph each scope becomes, what it reads and returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from archdsl.analyses.sharing import bases, hands_on, overwritable, read_once, skipped_operand
from archdsl.ir import Graph, Node, Scope
from archdsl.ops import Shape
from archdsl.ops.formulas import Formula
from archdsl.ops.torch_form import TorchForm


@dataclass(frozen=True)
class Style:
    """The style in which ops without weights are written.

    Ops of the kinds `layers` are modules, each with the name that the summary shows, so that they
    can be hooked, replaced and fused; other ops without weights are functions in `forward`.
    `in_place` allows results to overwrite operands.
    """

    layers: frozenset[str] = frozenset()
    in_place: bool = True


FUNCTIONS = Style()
MODULES = Style(frozenset({"activation", "norm", "pool", "regularisation"}))


@dataclass(frozen=True, eq=False)
class Part:
    """One item of a module: an op or a child module, with the values it reads and makes.

    `place` is where the author wrote it in the module, `conditions` those by whose outcomes it is
    there.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    node: Node | None = None
    form: TorchForm = field(default_factory=TorchForm)
    child: Module | None = None
    labelled: bool = False
    in_channels: int | None = None
    overwrites: bool = False
    skipped: int | None = None  # the operand of a sum that training may leave out
    place: tuple[int, ...] = ()
    conditions: tuple[Formula, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether it hands on its input: an identity, or a block that turned out empty."""
        if self.child is not None:
            return self.child.empty
        return self.node is not None and hands_on(self.node)


@dataclass(frozen=True, eq=False)
class Module:
    """One scope with a level of its own, as an instance of a class or a `nn.Sequential`.

    `again` has the positions of the convolutions before which backward computes parts again, with
    those of the parts; `gathers` is whether it takes its input in pieces: see `recompute`.
    `storage` has for each value of the network the one in whose memory it may lie.
    """

    scope: Scope
    parts: list[Part]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    storage: Sequence[int]
    again: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    gathers: bool = False

    @property
    def empty(self) -> bool:
        """Nothing but an identity."""
        return all(part.passes and part.child is None for part in self.parts)

    @property
    def chain(self) -> bool:
        """Whether `nn.Sequential` can run it: numbered parts, each reading only the one before."""
        numbers = [str(i) for i in range(len(self.parts))]
        if self.again or self.gathers or [part.name for part in self.parts] != numbers:
            return False
        flow: tuple[int, ...] = self.inputs
        for part in self.parts:
            if len(flow) != 1 or part.inputs != flow or len(part.outputs) != 1:
                return False
            if part.node is not None and part.form.module is None:
                return False
            flow = part.outputs
        return flow == self.outputs

    @property
    def numbered(self) -> bool:
        """Whether its layers are named as those of `nn.Sequential` are."""
        return any(part.name.isdigit() for part in self.parts)

    @property
    def links(self) -> list[Part]:
        """The layers of a dense block that one loop can run; none where it takes more."""
        layers, merges = self.parts[::2], self.parts[1::2]
        if self.scope.kind != "dense" or len(layers) != len(merges):
            return []
        flow = self.inputs
        for layer, merge in zip(layers, merges, strict=True):
            reads = layer.inputs == flow and merge.inputs == (*flow, *layer.outputs)
            if not reads or (layer.node is not None and layer.form.module is None):
                return []
            flow = merge.outputs
        return layers if flow == self.outputs else []

    @property
    def is_block(self) -> bool:
        return self.scope.kind in ("block", "network")

    def walk(self) -> Iterator[Module]:
        """Yield this module and all inside, inner ones first."""
        for part in self.parts:
            if part.child is not None:
                yield from part.child.walk()
        yield self


def outline(graph: Graph, style: Style = FUNCTIONS) -> Module:
    """The module tree of a graph."""
    return _Outliner(graph, style).module(graph.root)


class _Outliner:
    def __init__(self, graph: Graph, style: Style) -> None:
        self.graph = graph
        self.style = style
        self.overwritable = overwritable(graph) if style.in_place else frozenset()
        self.storage = bases(graph)
        self.read_once = read_once(graph)
        self.results = {*graph.outputs, *(aux.node for aux in graph.auxiliaries)}

    def module(self, scope: Scope) -> Module:
        parts = [_placed(self._part(item), item, scope) for item in scope.members()]
        if scope.parent is None:
            parts = [part for part in parts if part.inputs or part.child is not None]
            ends = tuple(self.graph.inputs), tuple(self.graph.outputs)
            return Module(scope, parts, *ends, self.storage)
        inputs, outputs = self._boundary(scope)
        return Module(scope, parts, inputs, outputs, self.storage)

    def _part(self, item: Node | Scope) -> Part:
        if isinstance(item, Scope):
            child = self.module(item)
            labelled = item.label is not None
            return Part(
                item.name or "", child.inputs, child.outputs, child=child, labelled=labelled
            )
        if not item.inputs:
            return Part(item.name, (), (item.id,), node=item)
        operands = self.graph.operands(item)
        overwrites = item.id in self.overwritable
        return Part(
            item.name,
            item.inputs,
            (item.id,),
            node=item,
            form=self._form(item, operands, overwrites),
            labelled=item.name in _labels(item),
            in_channels=operands[0][0],
            overwrites=overwrites,
            skipped=skipped_operand(self.graph, item, self.read_once),
        )

    def _form(self, node: Node, operands: tuple[Shape, ...], overwrites: bool) -> TorchForm:
        """The PyTorch form of an op, without the function where the style asks for a module."""
        form = node.op.torch(operands, overwrites)
        if form.module is not None and node.op.kind in self.style.layers:
            return replace(form, function=None)
        return form

    def _boundary(self, scope: Scope) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The values that a scope reads from outside, and those that outside reads from it."""
        inside = {node.id for node in scope.nodes()}
        reads: dict[int, None] = {}
        made: list[int] = []
        for number in sorted(inside):
            for source in self.graph.nodes[number].inputs:
                if source not in inside:
                    reads[source] = None
            users = self.graph.users(self.graph.nodes[number])
            used = any(user.id not in inside for user in users)
            if used or number in self.results:
                made.append(number)
        return tuple(reads), tuple(made or [max(inside)])  # a module returns something


def _placed(part: Part, item: Node | Scope, around: Scope) -> Part:
    """A part with its place in the text of a scope, and the conditions there."""
    place: list[int] = []
    conditions: list[Formula] = []
    each: Node | Scope = item
    while each is not around:
        outer = each.scope if isinstance(each, Node) else each.parent
        assert outer is not None
        place.insert(0, each.span.start)
        conditions[:0] = each.conditions
        each = outer
    return replace(part, place=tuple(place), conditions=tuple(conditions))


def _labels(node: Node) -> set[str]:
    """The labels that can have named a node: its own, or that of a group around it alone."""
    found = {node.label or ""}
    scope: Scope | None = node.scope
    while scope is not None and scope.name is None:
        found.add(scope.label or "")
        scope = scope.parent
    return found


def heights_of(modules: list[Module]) -> dict[Module, int]:
    """Levels to build in: a module after its children, all instances of a block together.

    The instances of a block that calls itself have levels of their own.
    """
    recursive = {m.scope.title for m in modules if m.is_block and _calls_itself(m)}
    raised: dict[str, int] = {}
    heights: dict[Module, int] = {}
    for _ in range(1 + len({module.scope.title for module in modules})):
        for module in modules:
            inner = [heights[part.child] for part in module.parts if part.child is not None]
            heights[module] = 1 + max(inner, default=0)
            if module.is_block:
                heights[module] = max(heights[module], raised.get(module.scope.title, 0))
        before, raised = raised, {}
        for module in modules:
            title = module.scope.title
            if module.is_block and title not in recursive:
                raised[title] = max(raised.get(title, 0), heights[module])
        if raised == before:
            break
    return heights


def _calls_itself(module: Module) -> bool:
    around = module.scope.parent
    return around is not None and any(
        scope.kind == "block" and scope.title == module.scope.title for scope in around.lineage()
    )
