"""Ops that run together as one kernel: the grouping behind a roofline.

Fused, as the best code can be:

    conv ─ bn ─ relu ─ add ─ relu    one kernel: a norm folds into the weights, the rest is done
            other ──────┘            before anything is written; `other` is read
    add ─ bn ─ relu ─ conv           two: work before a convolution or a pool is done on the
                                     numbers as they are read, again by every reader
    concat                           none: the parts are written where the whole is read

Unfused, as a vendor's convolutions with generated pointwise kernels between them are:

    conv │ bn ─ relu ─ add ─ relu    a convolution, then one kernel for what is pointwise
    conv │ relu ─ concat             a copy, which takes along the pointwise work before it
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from archdsl.ir import Graph, Node
from archdsl.ops.base import volume

SHORT = 8  # ops that several readers would rather repeat than have written


@dataclass(frozen=True)
class Kernel:
    """Ops that run as one kernel: it reads the values `reads` and writes that of its last op.

    All are node numbers. `main` is the op that the kernel is named after, `folded` are norms that
    are folded into its weights.
    """

    main: int
    nodes: tuple[int, ...]
    reads: tuple[int, ...]
    folded: frozenset[int]

    @property
    def writes(self) -> int:
        return self.nodes[-1]


def kernels(graph: Graph, fused: bool = True) -> list[Kernel]:
    """Return the kernels of one evaluation, in the order of their main ops. Linear in the graph."""
    grouping = _Grouping(graph, fused)
    grouping.place_all()
    if fused:
        grouping.move_into_readers()
    return list(grouping.finished())


@dataclass(eq=False)
class _Group:
    """A kernel while it grows; `runs` is how its main op runs."""

    main: Node
    runs: str
    nodes: list[Node]
    reads: dict[int, None]
    folded: set[int] = field(default_factory=set)

    def take(self, node: Node, reads: dict[int, None]) -> None:
        """Add an op that works on the group's last value."""
        last = self.nodes[-1]
        if last.op.weighted and node.op.kind == "norm" and node.shape == last.shape:
            self.folded.add(node.id)
        self.reads |= reads
        self.reads.pop(last.id, None)
        self.nodes.append(node)


class _Memory:
    """The memory of values: ops that move nothing share their operand's memory.

    `owner` is the op that fills a value's memory. `read_as` is the value that a reader reads: the
    whole memory, or the value itself where it is a part of another.
    """

    def __init__(self, graph: Graph, nodes: list[Node]) -> None:
        self.owner: dict[int, int] = {}
        self.read_as: dict[int, int] = {}
        self.readers: dict[int, list[Node]] = {}
        for node in nodes:
            if node.op.runs == "free":
                source = graph.nodes[node.inputs[0]]
                whole = volume(node.shape) == volume(source.shape)
                self.owner[node.id] = self.owner[source.id]
                self.read_as[node.id] = self.read_as[source.id] if whole else node.id
                continue
            self.owner[node.id] = self.read_as[node.id] = node.id
            for value in dict.fromkeys(self.owner[source] for source in node.inputs):
                self.readers.setdefault(value, []).append(node)
        self.uses = Counter(self.owner[number] for number in graph.outputs)
        self.uses.update({value: len(found) for value, found in self.readers.items()})

    def reads_of(self, node: Node) -> dict[int, None]:
        """Return the values that an op reads, each once."""
        return dict.fromkeys(self.read_as[source] for source in node.inputs)


class _Grouping:
    def __init__(self, graph: Graph, fused: bool) -> None:
        evaluated = graph.evaluated()
        self.nodes = [node for node in graph.nodes if node.id in evaluated]
        self.memory = _Memory(graph, self.nodes)
        self.outputs = {self.memory.owner[number] for number in graph.outputs}
        self.idle = {"free", "gather"} if fused else {"free"}
        self.hosts = {"matrix", "pointwise"} if fused else {"pointwise"}
        self.groups: dict[int, _Group] = {}  # by the op they are there for
        self.made_by: dict[int, _Group] = {}

    def place_all(self) -> None:
        """Add every op to the kernel of an operand, or start a new kernel."""
        for node in self.nodes:
            runs = "matrix" if node.op.weighted else node.op.runs
            if not node.inputs or runs in self.idle:
                continue
            reads = self.memory.reads_of(node)
            hosts = [self.made_by[value] for value in reads if self._can_take(value, node, runs)]
            if hosts:
                group = self._merged(hosts, reads) if runs == "gather" else hosts[0]
                group.take(node, reads)
            else:
                group = _Group(node, "pointwise" if runs == "gather" else runs, [node], reads)
                self.groups[node.id] = group
            self.made_by[node.id] = group

    def _can_take(self, value: int, node: Node, runs: str) -> bool:
        """Whether the kernel that makes a value can also run an op that reads it."""
        if runs not in ("pointwise", "gather") or self.memory.uses[value] != 1:
            return False
        host = self.made_by.get(value)
        if host is None or host.runs not in self.hosts:
            return False
        spread = volume(host.nodes[-1].shape) != volume(node.shape)  # over more than it makes
        return runs == "gather" or not spread

    def _merged(self, groups: list[_Group], reads: dict[int, None]) -> _Group:
        """Merge the pointwise kernels of the parts of a copy into one."""
        first, *others = groups
        for group in groups:
            del reads[group.nodes[-1].id]
        for other in others:
            del self.groups[other.main.id]
            first.reads |= other.reads
            first.nodes += other.nodes
        return first

    def move_into_readers(self) -> None:
        """Move pointwise work on one value into its readers, where all of them can take it."""
        for group in list(self.groups.values()):
            value = group.nodes[-1].id
            readers = self.memory.readers.get(value, [])
            repeated = len(readers) > 1 and len(group.nodes) > SHORT
            if group.runs != "pointwise" or len(group.reads) != 1 or repeated:
                continue
            if value in self.outputs or not all(self._takes(node, value) for node in readers):
                continue
            del self.groups[group.main.id]
            for node in readers:
                host = self.groups[node.id]
                del host.reads[value]
                host.reads |= group.reads
                host.nodes[:0] = group.nodes

    def _takes(self, reader: Node, value: int) -> bool:
        """Whether a reader has its own kernel, not pointwise, that reads the value directly."""
        host = self.groups.get(reader.id)
        return host is not None and host.runs != "pointwise" and value in host.reads

    def finished(self) -> Iterator[Kernel]:
        for main, group in self.groups.items():
            nodes = tuple(node.id for node in group.nodes)
            yield Kernel(main, nodes, tuple(group.reads), frozenset(group.folded))
