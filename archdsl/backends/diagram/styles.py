"""Styles of classes as data: the SVG's stylesheet and the PDF's colours come from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archdsl.backends.diagram import theme


@dataclass(frozen=True, slots=True)
class StyleRule:
    """A rule for elements with all these classes: colours by name, and other properties."""

    classes: tuple[str, ...]
    fill: str = ""
    stroke: str = ""
    line: float = 0.0
    dash: tuple[float, ...] = ()
    more: str = ""


PLAIN = (
    StyleRule(("paper",), fill="paper"),
    StyleRule(("ink",), fill="ink"),
    StyleRule(("quiet",), fill="quiet"),
    StyleRule(("badge",), fill="badge"),
    StyleRule(("onbadge",), fill="onbadge"),
    StyleRule(("box",), fill="box", stroke="frame", line=1.0),
    StyleRule(("depth1",), fill="box2"),
    StyleRule(("header",), fill="header"),
    StyleRule(("wire",), fill="none", stroke="wire", line=1.3),
    StyleRule(("wire", "shortcut"), dash=(5.0, 3.0)),
    StyleRule(("wire", "aux"), dash=(1.5, 3.0)),
    StyleRule(("tip",), fill="wire"),
    StyleRule(("rail",), fill="rail", stroke="wire", line=1.0),
    StyleRule(("card",), line=1.2),
    StyleRule(("more",), dash=(3.0, 3.0)),
    StyleRule(("shape",), dash=(3.0, 2.0)),
    StyleRule(("upright",), fill="none", line=1.2),
    StyleRule(("sign",), fill="none", stroke="ink", line=1.5),
    StyleRule(("step",), stroke="frame", line=0.5),
    StyleRule(("strong",), more="font-weight:bold"),
    StyleRule(("small",), more=f"font-size:{theme.SMALL:g}px"),
    StyleRule(("mid",), more="text-anchor:middle"),
)
KINDS = tuple(
    rule
    for kind in theme.LIGHT
    for rule in (
        StyleRule(("card", kind), fill=kind, stroke=f"{kind}-line"),
        StyleRule(("upright", kind), stroke=f"{kind}-line"),
    )
    if "upright" not in rule.classes or kind == "linear"
)
RULES = PLAIN + KINDS


def variables() -> Iterator[tuple[str, str, str]]:
    """Yield every colour's name, in light and in dark."""
    for name, (light, dark) in theme.INK.items():
        yield name, light, dark
    for kind, tone in theme.LIGHT.items():
        yield kind, tone.fill, theme.DARK[kind].fill
        yield f"{kind}-line", tone.line, theme.DARK[kind].line


def plain(dark: bool) -> dict[str, str]:
    """Return every colour by its name, in one theme."""
    return {name: there if dark else here for name, here, there in variables()} | {"none": "none"}


def sheet(dark: bool) -> Iterator[str]:
    """Yield the rules as CSS, in the colours of one theme."""
    colours = plain(dark)
    for rule in RULES:
        declarations = _colours(rule, colours)
        if rule.line:
            declarations.append(f"stroke-width:{rule.line:g}")
        if rule.dash:
            declarations.append(f"stroke-dasharray:{' '.join(f'{part:g}' for part in rule.dash)}")
        if rule.more:
            declarations.append(rule.more)
        yield _css(rule, declarations)


def themed() -> Iterator[str]:
    """Yield the colours of the rules as variables, for readers that support these."""
    names = {name: f"var(--{name})" for name, _, _ in variables()}
    for rule in RULES:
        declarations = _colours(rule, names)
        if declarations:
            yield _css(rule, declarations)


def _colours(rule: StyleRule, colours: Mapping[str, str]) -> list[str]:
    pairs = (("fill", rule.fill), ("stroke", rule.stroke))
    return [f"{name}:{colours[colour]}" for name, colour in pairs if colour in colours]


def _css(rule: StyleRule, declarations: list[str]) -> str:
    return f".archdsl .{'.'.join(rule.classes)}{{{';'.join(declarations)}}}"


@dataclass(slots=True)
class Style:
    """The combined style of an element, in the colours of one theme."""

    fill: str = "none"
    stroke: str = "none"
    line: float = 1.0
    dash: tuple[float, ...] = ()


def style(classes: str, dark: bool = False) -> Style:
    """Return the style of an element with these classes."""
    colours = plain(dark)
    own = set(classes.split())
    found = Style()
    for rule in RULES:
        if own.issuperset(rule.classes):
            found.fill = colours[rule.fill] if rule.fill else found.fill
            found.stroke = colours[rule.stroke] if rule.stroke else found.stroke
            found.line = rule.line or found.line
            found.dash = rule.dash or found.dash
    return found
