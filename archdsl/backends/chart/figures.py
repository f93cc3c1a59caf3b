"""The charts of the commands: the complexity figure, and the Pareto front of a sweep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from archdsl.analyses.measures import TOP1, Measure, front
from archdsl.backends.chart.chart import Chart, ChartPoint
from archdsl.backends.report.comparison import MEASURED, ComparedNetwork, shown


def complexity(entries: Sequence[ComparedNetwork], x: str, y: str | None, source: str) -> Chart:
    """Chart networks by operations and accuracy, with parameters as area, memory as shade.

    After figure 2 of Canziani, Paszke and Culurciello 2016 (arXiv:1605.07678). Networks without a
    known accuracy are drawn below; where none has one, the height is the parameters. `x` and `y`
    are other measures by their words; `source` names the source of the accuracies.
    """
    accurate = any(TOP1.word in each.values for each in entries)
    across, up = MEASURED[x], MEASURED[y or (TOP1.word if accurate else "params")]
    area = MEASURED["params" if "params" not in (across.word, up.word) else "macs"]
    if area is across:
        area = MEASURED["depth"]
    shade = MEASURED["saved" if "saved" not in (across.word, up.word) else "activations"]
    drawn = [each for each in entries if x in each.values]
    points = tuple(_point(each, across, up, area, shade) for each in drawn)
    return Chart(
        "complexity",
        f"{_sentence(up.title)} against {across.title}",
        _counted(drawn),
        _about(drawn, across, up),
        _titled(across), _titled(up), points,
        f"Area: {area.title}", area.large, f"Shade: {shade.title}", shade.large,
        f"{up.title} not known",
        notes=(f"{_sentence(TOP1.title)}: {source}",) if accurate and up is TOP1 else (),
    )  # fmt: skip


def explored(
    entries: Sequence[ComparedNetwork], x: str, y: str, what: str, more: Collection[str] = ()
) -> Chart:
    """Chart variants by two measures, and join those on the Pareto front by a line.

    `more` are measures that are better when larger, whatever is usual.
    """
    across, up = MEASURED[x], MEASURED[y]
    drawn = [each for each in entries if x in each.values and y in each.values]
    places = [(each.values[x], each.values[y]) for each in drawn]
    less = (across.less and x not in more, up.less and y not in more)
    best = front(places, less)
    senses = " and ".join(
        f"{'least' if least else 'most'} {measure.title}"
        for measure, least in zip((across, up), less, strict=True)
    )
    points = tuple(_point(each, across, up, best=n in best) for n, each in enumerate(drawn))
    return Chart(
        "sweep",
        f"Variants of {what}: {up.title} against {across.title}",
        f"{_counted(drawn)}; marked: the Pareto front of {senses}",
        _about(drawn, across, up),
        _titled(across), _titled(up), points,
    )  # fmt: skip


def _point(
    each: ComparedNetwork,
    across: Measure,
    up: Measure,
    area: Measure | None = None,
    shade: Measure | None = None,
    best: bool = False,
) -> ChartPoint:
    hover = [
        f"{measure.title}: {shown(measure, each.values[measure.word])}"
        for measure in MEASURED.values()
        if measure.word in each.values
    ]
    return ChartPoint(
        each.label,
        each.values[across.word] / across.scale,
        _scaled(each, up),
        _scaled(each, area) if area else None,
        _scaled(each, shade) if shade else None,
        best,
        "\n".join([each.label, *hover]),
    )


def _scaled(each: ComparedNetwork, measure: Measure) -> float | None:
    value = each.values.get(measure.word)
    return None if value is None else value / measure.scale


def _counted(entries: Sequence[ComparedNetwork]) -> str:
    """Return how many networks, and their input where all have the same."""
    inputs = {each.input for each in entries}
    what = f"{len(entries):,} {'network' if len(entries) == 1 else 'networks'}"
    return f"{what}, one image of {inputs.pop()}" if len(inputs) == 1 else what


def _titled(measure: Measure) -> str:
    return measure.title + (f", {measure.large}" if measure.large else "")


def _about(entries: Iterable[ComparedNetwork], across: Measure, up: Measure) -> str:
    networks = []
    for each in entries:
        parts = [shown(m, each.values[m.word]) for m in (across, up) if m.word in each.values]
        networks.append(f"{each.label} {' and '.join(parts)}")
    more = f" and {len(networks) - 30} more" if len(networks) > 30 else ""
    return f"{_sentence(across.title)} and {up.title}: {'; '.join(networks[:30])}{more}."


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
