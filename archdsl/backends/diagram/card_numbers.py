"""The numbers on cards: an analysis, summed or maximised over the nodes of each card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from archdsl.analyses.roofline import Rates
from archdsl.backends.diagram import theme
from archdsl.backends.diagram.overlays import Numbers, Overlay
from archdsl.backends.diagram.part_sizes import noted
from archdsl.backends.diagram.picture_model import PicturePart
from archdsl.backends.diagram.rate_ranges import instances
from archdsl.ir import Graph


@dataclass(frozen=True)
class CardNumber:
    """The number of a card: the sum or maximum over its nodes.

    In a box of several equal parts it is the largest of them; `varies` is whether they differ.
    """

    value: float
    varies: bool = False


@dataclass(frozen=True)
class CardNumbers:
    """The numbers of one analysis for all parts, by identity."""

    overlay: Overlay
    of: Mapping[int, CardNumber]

    def short(self, part: PicturePart) -> str:
        """Return a number with its unit, as on a card: `1.2 M in all`, `up to 31 px`."""
        fact = self.of[id(part)]
        text = with_unit(fact.value, self.overlay)
        return f"{'up to ' if fact.varies else ''}{text}{self.together(part)}"

    def line(self, part: PicturePart) -> str:
        """Return the number in full: `1,180,672 parameters in all 5`, or nothing for 0."""
        fact = self.of[id(part)]
        if not fact.value:
            return ""
        text = f"{fact.value:,.0f} {self.overlay.title}{self.together(part, count=True)}"
        return f"up to {text}" if fact.varies else text

    def together(self, part: PicturePart, count: bool = False) -> str:
        """Return the words for a sum over several equal parts."""
        if not part.spread or not self.overlay.summed:
            return ""
        return f" in all {part.times:,}" if count and part.times > 1 else " in all"


def card_numbers(
    overlay: Overlay, root: PicturePart, graph: Graph, rates: Rates | None
) -> CardNumbers | None:
    """Return the number of each part; None where the analysis would take too long."""
    found = overlay.of(graph, rates)
    return (
        CardNumbers(overlay, _over_parts(root, found, overlay.summed))
        if found is not None
        else None
    )


@dataclass(frozen=True)
class ColourScale:
    """Colours for the numbers of cards, from zero to the largest."""

    facts: CardNumbers
    cards: Sequence[PicturePart]

    @property
    def overlay(self) -> Overlay:
        return self.facts.overlay

    @cached_property
    def most(self) -> float:
        return max(self.facts.of[id(part)].value for part in self.cards)

    def paint(self, part: PicturePart) -> tuple[str, str]:
        """Return the colour of a card, and the ink that is readable on it."""
        steps = len(theme.SCALE)
        value = self.facts.of[id(part)].value
        step = int(steps * value / self.most) if self.most else 0
        return theme.SCALE[min(step, steps - 1)]

    def write(self) -> None:
        """Add each card's number to its text."""
        for part in self.cards:
            if self.facts.of[id(part)].value and part.form == "card":
                part.note = noted(part.note, self.facts.short(part))


def _over_parts(root: PicturePart, numbers: Numbers, summed: bool) -> dict[int, CardNumber]:
    """Return the number of each part with all its equals. Linear apart from nesting."""
    together = sum if summed else max
    alone: dict[int, float] = {}
    whole: dict[int, float] = {}
    found: dict[int, CardNumber] = {}

    def total(part: PicturePart) -> float:
        inner = [total(each) for each in part.body.parts] if part.body else []
        inner += [numbers[node.id] for node in part.nodes]
        alone[id(part)] = together(inner) if inner else 0
        whole[id(part)] = together([alone[id(part)], *map(total, part.spread)])
        return whole[id(part)]

    def compare(part: PicturePart) -> None:
        equal = [part, *part.alike] if summed else instances(part)
        values = [whole[id(each)] if summed else alone[id(each)] for each in equal]
        found[id(part)] = CardNumber(max(values), min(values) < max(values))
        for each in part.body.parts if part.body else ():
            compare(each)

    total(root)
    compare(root)
    return found


def with_unit(value: float, overlay: Overlay) -> str:
    """Return `4.09 kB` or `2,071 px`: a maximum is written in full."""
    text = brief(value) if overlay.summed else f"{value:,.0f}"
    return text + (" " if text[-1].isdigit() and overlay.unit else "") + overlay.unit


def brief(value: float) -> str:
    """Return `4.09 G`, `25.6 M`, `832`: three digits and a prefix."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor * 0.9995:
            return f"{_digits(value / factor)} {prefix}"
    return _digits(value)


def _digits(value: float) -> str:
    if value >= 99.95 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
