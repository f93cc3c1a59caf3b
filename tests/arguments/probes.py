"""A block alone in a network: what the author's text means with some arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archdsl.deep_stack import bounded
from archdsl.diagnostics import Sink, Source
from archdsl.elaboration.environment import BlockValue, Environment, NetworkValue
from archdsl.elaboration.modules import Library, Reader
from archdsl.elaboration.networks import Elaborated, elaborate
from archdsl.ir import Graph, Node, Scope
from archdsl.ops import Shape
from archdsl.ops.join import Join
from archdsl.syntax import ast
from archdsl.syntax.parse import parse

NAME = "it"


class Refused(Exception):  # noqa: N818
    """The language refuses such arguments."""


def network_value(source: Source, library: Library, name: str) -> NetworkValue:
    """A network of a file, before anything is elaborated."""
    sink = Sink()
    with bounded():
        module = Reader(library, sink).read(source)
    assert not sink, sink.found
    found = module.environment.names[name]
    assert isinstance(found, NetworkValue)
    return found


def definitions(network: NetworkValue) -> dict[str, list[BlockValue]]:
    """The blocks that a network's file and those that it imports define, by name."""
    found: dict[str, list[BlockValue]] = {}
    seen: set[int] = set()
    left: list[Any] = [network, *network.bound.values()]
    while left:
        value = left.pop()
        if not isinstance(value, BlockValue | NetworkValue) or id(value) in seen:
            continue
        seen.add(id(value))
        left += value.bound.values()
        table: Environment | None = value.environment
        while table is not None:
            left += table.names.values()
            table = table.outer
        if isinstance(value, BlockValue):
            known = found.setdefault(str(value), [])
            if all(value.definition is not each.definition for each in known):
                known.append(BlockValue(value.definition, value.environment))
    return found


@dataclass(frozen=True)
class Inputs:
    """What a block reads: the value that flows in, and those that its arguments name."""

    main: Node
    others: tuple[Node, ...]

    @classmethod
    def of(cls, graph: Graph, scope: Scope) -> Inputs | None:
        """Those of a block of a network; None where it reads none."""
        named = [*nodes_in(list(scope.arguments.values()))]
        read = boundary(graph, scope).reads
        flowing = [node for node in read if node not in named]
        if len(flowing) > 1 or not (flowing or named):
            return None
        main = flowing[0] if flowing else named[0]
        return cls(main, tuple(dict.fromkeys(node for node in named if node is not main)))


def nodes_in(value: Any) -> Iterator[Node]:
    """The references in an argument."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from nodes_in(each)


@dataclass(frozen=True)
class Boundary:
    """The values that a scope reads from outside, and those of it that are read outside."""

    reads: tuple[Node, ...]
    results: tuple[Node, ...]


def boundary(graph: Graph, scope: Scope) -> Boundary:
    """In order of first use, and in order of making."""
    inside = sorted({node.id for node in scope.nodes()})
    within = set(inside)
    reads = dict.fromkeys(
        number for each in inside for number in graph.nodes[each].inputs if number not in within
    )
    used = {number for node in graph.nodes if node.id not in within for number in node.inputs}
    used |= {*graph.outputs, *(aux.node for aux in graph.auxiliaries)}
    results = [number for number in inside if number in used] or inside[-1:]
    nodes = graph.nodes
    return Boundary(tuple(nodes[i] for i in reads), tuple(nodes[i] for i in results))


@dataclass(frozen=True)
class Probe:
    """The graph of a block alone, with its own inputs."""

    graph: Graph
    shapes: tuple[Shape, ...]

    @cached_property
    def scope(self) -> Scope:
        found = self.graph.at(NAME)
        assert isinstance(found, Scope), found
        return found

    @cached_property
    def weights(self) -> dict[str, tuple[int, ...]]:
        """The shapes of its weights, by path from the block."""
        return weights_of(self.graph, self.scope)

    @cached_property
    def structure(self) -> Any:
        return structure(self.graph, self.scope)

    @property
    def reads(self) -> list[int]:
        """The inputs in the order in which the block reads them."""
        return [node.id for node in boundary(self.graph, self.scope).reads] or self.graph.inputs[:1]

    @property
    def results(self) -> list[Node]:
        """What follows it reads; of a block that adds nothing that is its input."""
        found = boundary(self.graph, self.scope).results
        return list(found) or [self.graph.nodes[self.graph.inputs[0]]]

    def nodes_at(self, paths: Sequence[str]) -> list[Node]:
        """The nodes with these paths from the block; KeyError where there is none."""
        known = {relative(node.path, self.scope): node for node in self.scope.nodes()}
        return [known[path] for path in paths]


def relative(path: str, scope: Scope) -> str:
    """A path from a scope."""
    return path.removeprefix(f"{scope.path}.") if scope.path else path


def weights_of(graph: Graph, scope: Scope) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights in a scope, by path from it."""
    return {
        f"{relative(node.path, scope)}.{weight.name}": tuple(weight.shape)
        for node in scope.nodes()
        for weight in node.op.weights(graph.operands(node))
    }


def structure(graph: Graph, scope: Scope) -> Any:
    """What a scope computes, without the numbers: ops, their weights, and what each reads."""
    names: dict[int, str] = {
        node.id: f"in{i}" for i, node in enumerate(boundary(graph, scope).reads)
    }
    found = []
    for node in scope.nodes():
        names[node.id] = relative(node.path, scope)
        weights = tuple(weight.name for weight in node.op.weights(graph.operands(node)))
        reads = tuple(names.get(number, str(number)) for number in node.inputs)
        found.append((names[node.id], node.op.word, weights, reads))
    return tuple(found)


def probe(
    block: BlockValue,
    arguments: Mapping[str, Any],
    inputs: Inputs,
    shapes: Sequence[Shape],
    feeds_join: bool = False,
) -> Probe:
    """The graph of a block with arguments, for inputs of some shapes; `Refused` for a mistake.

    The block may feed a join of equal rate, in which its own last join dissolves.
    """
    nodes = [inputs.main, *inputs.others]
    names = {node.id: f"i{number}" for number, node in enumerate(nodes)}
    values = {f"v{number}": value for number, value in enumerate(arguments.values())}
    passed = [
        f"{name}={_written(value, key, names)}"
        for (name, value), key in zip(arguments.items(), values, strict=True)
    ]
    sizes = [
        f"input {names[node.id]} {'x'.join(map(str, shape))}"
        for node, shape in zip(nodes, shapes, strict=True)
    ]
    call = f"@i0 -> {NAME}: called({', '.join(passed)})"
    if feeds_join:
        alone = probe(block, arguments, inputs, shapes)
        (last,) = alone.results
        if not isinstance(last.op, Join):
            raise Refused("no join dissolves")
        width, *size = last.shape
        beside = f"@i0 -> adaptive_avgpool({'x'.join(map(str, size))}) -> conv(1x1, {width})"
        call = f"join(drop={last.op.drop}) {{ | {beside} | {call} }}"
    body = "\n  ".join([*sizes, call, "scale(2)"])
    text = f"network probe({', '.join(['called', *values])}) {{\n  {body}\n}}"
    network = _network(text).binding({"called": block, **values})
    sink = Sink()
    with bounded():
        built = elaborate(network, sink)
        if isinstance(built, Elaborated):
            return Probe(built.graph, tuple(shapes))
    raise Refused("; ".join(each.message for each in sink.found))


def _network(text: str) -> NetworkValue:
    sink = Sink()
    (definition,) = parse(Source("probe.arch", text), sink).definitions
    assert isinstance(definition, ast.Network), sink.found
    return NetworkValue("probe", definition, Environment(), "", definition.span)


def _written(value: Any, name: str, inputs: Mapping[int, str]) -> str:
    """An argument in the probe's call: by its name, or the inputs that it refers to."""
    if isinstance(value, Node):
        return f"@{inputs[value.id]}"
    if isinstance(value, list) and any(nodes_in(value)):
        return f"[{', '.join(_written(each, name, inputs) for each in value)}]"
    return name
