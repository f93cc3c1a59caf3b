"""The difference of two networks as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby

from archdsl.analyses.difference import Difference, LayerChange, WeightDifference, difference, keys
from archdsl.analyses.measures import MEASURES, Measure
from archdsl.backends.report.comparison import ComparedNetwork, compared, shown
from archdsl.ir import Graph
from archdsl.ops import size

SCHEMA_VERSION = 1
LEAST = 10_000  # bytes: fewer would be 0.00 MB
TO = " … "


@dataclass(frozen=True)
class DifferenceReport:
    """Two networks with their numbers, their difference, and all paths of each.

    `known` are the paths of layers and parts, `tensors` those of weights, of the old and the new
    network.
    """

    before: ComparedNetwork
    after: ComparedNetwork
    found: Difference
    known: tuple[frozenset[str], frozenset[str]]
    tensors: tuple[frozenset[str], frozenset[str]]


def report(before: Graph, after: Graph, names: tuple[str, str]) -> DifferenceReport:
    """Compare two networks, under the names that the user gave."""
    graphs = before, after
    old, new = (_prefixes(node.path for node in graph.nodes) for graph in graphs)
    tensors = _prefixes(keys(before)), _prefixes(keys(after))
    entries = [compared(graph, name) for graph, name in zip(graphs, names, strict=True)]
    return DifferenceReport(entries[0], entries[1], difference(before, after), (old, new), tensors)


def _prefixes(paths: Iterable[str]) -> frozenset[str]:
    """Return the paths, and those of the parts around them."""
    return frozenset(prefix for path in paths for prefix in _parts(path))


def _parts(path: str) -> Iterator[str]:
    """Yield `layer1`, `layer1.0`, `layer1.0.conv1`."""
    end = path.find(".")
    while end >= 0:
        yield path[:end]
        end = path.find(".", end + 1)
    yield path


# ------------------------------------------------------------------ for people


def as_text(report: DifferenceReport) -> str:
    """Return the difference, a line each; a part that only one network has is one line."""
    found = report.found
    if not found:
        return f"{report.before.label} and {report.after.label} are the same"
    sections = [
        [f"--- {report.before.label}", f"+++ {report.after.label}"],
        _headed("cost", _costs(report)),
        _headed("inputs and outputs", map(_change, found.ends)),
        _headed("layers", _layers(report)),
        _headed(f"weights: {_verdict(found.weights)}", _weights(report)),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _headed(heading: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return [heading, *found] if found else []


def _costs(report: DifferenceReport) -> Iterator[str]:
    differing = [
        (measure, report.before.values[word], report.after.values[word])
        for word, measure in MEASURES.items()
        if report.before.values[word] != report.after.values[word]
        and any(
            v[word] != v.get(measure.unless) for v in (report.before.values, report.after.values)
        )
    ]
    rows = [(m.title, shown(m, a), shown(m, b), _growth(m, a, b)) for m, a, b in differing]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for title, old, new, growth in rows:
        cells = (title.ljust(widths[0]), old.rjust(widths[1]), "->", new.rjust(widths[2]))
        yield f"{'  '.join(cells)}  {growth.rjust(widths[3])}"


def _growth(measure: Measure, old: float, new: float) -> str:
    sign = "+" if new > old else "-"
    percent = f" ({sign}{abs(new / old - 1):.1%})" if old else ""
    change = abs(new - old)
    text = f"{change:,.0f} B" if measure.unit == "B" and change < LEAST else shown(measure, change)
    return f"{sign}{text}{percent}"


def _layers(report: DifferenceReport) -> Iterator[str]:
    changes = report.found.layers
    for change in changes:
        if change.before and change.after:
            yield _change(change)
    old, new = report.known
    yield from _whole("+", (c.path for c in changes if c.before is None), old, "layer")
    yield from _whole("-", (c.path for c in changes if c.after is None), new, "layer")


def _change(change: LayerChange) -> str:
    before, after = change.before, change.after
    if before is None or after is None:
        layer = after or before
        assert layer is not None
        return f"{'+' if after else '-'} {change.path}: {layer.op} {layer.out}"
    reads = ", ".join(before.reads), ", ".join(after.reads)
    pairs = (("", before.op, after.op), ("", before.out, after.out), ("reads ", *reads))
    texts = [f"{what}{old} -> {new}" for what, old, new in pairs if old != new]
    return f"~ {change.path}: {'; '.join(texts)}"


def _weights(report: DifferenceReport) -> Iterator[str]:
    weights = report.found.weights
    for key, (old, new) in weights.reshaped.items():
        yield f"~ {key}: {size(old)} -> {size(new)}"
    yield from _whole("+", weights.missing, report.tensors[0], "tensor")
    yield from _whole("-", weights.unexpected, report.tensors[1], "tensor")


def _whole(sign: str, paths: Iterable[str], others: frozenset[str], what: str) -> Iterator[str]:
    """Yield a line for each part that the other network lacks, not for what is inside it.

    Parts in a row in the same place with equally many items are one line.
    """
    parts = Counter(next(p for p in _parts(path) if p not in others) for path in paths)
    for (_, count), group in groupby(parts.items(), lambda each: (_around(each[0]), each[1])):
        alike = [part for part, _ in group]
        name = alike[0] if len(alike) == 1 else alike[0] + TO + alike[-1]
        times = f"{len(alike)} x " if len(alike) > 1 else ""
        yield f"{sign} {name} ({times}{count} {what}{'s' if count > 1 or times else ''})"


def _around(path: str) -> str:
    return path.rpartition(".")[0]


def _verdict(weights: WeightDifference) -> str:
    if weights.load:
        return "all load"
    counts = {
        "have another shape": weights.reshaped,
        "are missing": weights.missing,
        "are not expected": weights.unexpected,
    }
    texts = [f"{len(of):,} {what}" for what, of in counts.items() if of]
    return f"{weights.fitting:,} load, {', '.join(texts)}"


# ------------------------------------------------------------------ for programs


def as_json(report: DifferenceReport) -> str:
    """Return one object; shapes are lists, and what is missing is null."""
    weights = report.found.weights
    data = {
        "schema_version": SCHEMA_VERSION,
        "before": report.before.record,
        "after": report.after.record,
        "same": not report.found,
        "ends": [asdict(change) for change in report.found.ends],
        "layers": [asdict(change) for change in report.found.layers],
        "weights": {
            "fitting": weights.fitting,
            "missing": weights.missing,
            "unexpected": weights.unexpected,
            "reshaped": weights.reshaped,
        },
    }
    return json.dumps(data, indent=1)
