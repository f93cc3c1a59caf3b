"""Summaries of networks as frozen data: every op with its cost, and the lines of the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from archdsl.analyses.cost import Cost, by_kind, costs, evaluation
from archdsl.analyses.counting import Convention, counts
from archdsl.analyses.device_rates import WIDTHS
from archdsl.analyses.receptive_field import Field, last_spatial, receptive_fields
from archdsl.backends.report.columns import (
    USUAL,
    Figures,
    SummaryColumn,
    columns_of,
    counted_column,
)
from archdsl.backends.report.module_tree import ModuleTree, module_tree
from archdsl.ir import Graph
from archdsl.ops import Shape, size


@dataclass(frozen=True)
class OpRow:
    """One op: path, word, output shape, cost and receptive field."""

    path: str
    op: str
    out: Shape
    cost: Cost
    field: Field | None


@dataclass(frozen=True)
class SummaryLine:
    """A line of the table: `times` equal parts in a row, each with this output and cost.

    The receptive field is that of the last of them.
    """

    level: int
    name: str
    path: str
    op: str
    times: int
    out: Shape
    figures: Figures


@dataclass(frozen=True)
class SummaryOptions:
    """The lines and columns of a summary: levels, one line per kind of op, number type.

    Bytes are those of numbers of type `dtype`. With a `convention`, `modules` are the nodes that
    the counted code holds as modules.
    """

    depth: int | None = None
    by_kind: bool = False
    columns: tuple[str, ...] = USUAL
    dtype: str = "fp32"
    convention: Convention | None = None
    modules: frozenset[int] = frozenset()


PLAIN = SummaryOptions()


@dataclass(frozen=True)
class Summary:
    """A network's rows, one per op, and its lines, with equal neighbours merged.

    `total` has all parameters, `inference` those that evaluation reads; both have its
    multiply-adds. `field` is that of the last spatial value.
    """

    network: str
    inputs: tuple[tuple[str, Shape], ...]
    rows: tuple[OpRow, ...]
    lines: tuple[SummaryLine, ...]
    total: Cost
    inference: Cost
    kinds: Mapping[str, tuple[int, Cost]]
    columns: tuple[SummaryColumn, ...]
    dtype: str
    field: Field | None
    convention: Convention | None = None
    notes: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """`resnet50 on 3x224x224`."""
        return f"{self.network} on {sizes(self.inputs)}"

    @property
    def known(self) -> Mapping[str, SummaryColumn]:
        """All known columns, by word."""
        return columns_of(WIDTHS[self.dtype])


def inputs_of(graph: Graph) -> tuple[tuple[str, Shape], ...]:
    """Return the inputs of a network by name."""
    return tuple((graph.nodes[n].name, graph.nodes[n].shape) for n in graph.inputs)


def sizes(inputs: tuple[tuple[str, Shape], ...]) -> str:
    """Return the sizes of inputs, with names where there are several."""
    alone = len(inputs) == 1
    return ", ".join(size(shape) if alone else f"{name} {size(shape)}" for name, shape in inputs)


def summarise(graph: Graph, options: SummaryOptions = PLAIN) -> Summary:
    """Return the summary of a network; options limit its lines, not its rows."""
    by_node, fields = costs(graph), receptive_fields(graph)
    notes: tuple[str, ...] = ()
    if options.convention:
        by_node, notes = _counted(graph, by_node, options.convention, options.modules)
    inputs = inputs_of(graph)
    rows = tuple(
        OpRow(node.path, node.op.word, node.shape, by_node[node.id], fields.get(node.id))
        for node in graph.nodes
        if node.inputs
    )
    kinds = by_kind(graph, by_node)
    if options.by_kind:
        lines = tuple(_kind(*item) for item in kinds.items())
    else:
        lines = tuple(_lines(module_tree(graph, by_node), fields, 0, options.depth))
    total = sum((row.cost for row in rows), Cost())
    shown = _columns(options)
    return Summary(
        graph.name, inputs, rows, lines, total, evaluation(graph, by_node), kinds, shown,
        options.dtype, last_spatial(graph, fields), options.convention, notes,
    )  # fmt: skip


def _counted(
    graph: Graph, by_node: Mapping[int, Cost], convention: Convention, modules: frozenset[int]
) -> tuple[Mapping[int, Cost], tuple[str, ...]]:
    """Return the costs with a convention's counts, and a note where other code counts otherwise."""
    found = counts(graph, convention, modules)
    own, other = sum(found.values()), sum(counts(graph, convention, None).values())
    costs_of = {
        number: replace(cost, counted=found.get(number, 0)) for number, cost in by_node.items()
    }
    if own == other:
        return costs_of, ()
    note = (
        f"{convention.name} counts functions and modules differently: {own:,} {convention.unit}"
        f" of the generated code, {other:,} where every op is a module."
    )
    return costs_of, (note,)


def _columns(options: SummaryOptions) -> tuple[SummaryColumn, ...]:
    known = columns_of(WIDTHS[options.dtype])
    chosen = tuple(known[word] for word in options.columns)
    convention = options.convention
    return (*chosen, counted_column(convention.name, convention.unit)) if convention else chosen


def _kind(kind: str, found: tuple[int, Cost]) -> SummaryLine:
    count, cost = found
    ops = f"{count} {'op' if count == 1 else 'ops'}"
    return SummaryLine(0, kind, kind, ops, 1, (), Figures(cost))


def _lines(
    branches: tuple[ModuleTree, ...], fields: Mapping[int, Field], level: int, depth: int | None
) -> Iterator[SummaryLine]:
    if depth is not None and level >= depth:
        return
    for each in branches:
        figures = Figures(each.cost, fields.get(each.end))
        yield SummaryLine(level, each.name, each.path, each.op, each.times, each.out, figures)
        yield from _lines(each.children, fields, level + 1, depth)
