"""Colours and sizes of charts: one hue, light to dark for a third number."""

from __future__ import annotations

FAMILY = "Helvetica, Arial, 'Liberation Sans', Arimo, sans-serif"
WIDTH, HEIGHT = 860.0, 580.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 190.0, 64.0, 78.0  # around the plot
LANE = 44.0  # below the plot, for points without a height, and their circles
LARGEST, SMALLEST, PLAIN = 27.0, 3.0, 5.0  # radii
SHADES = 6

# Each colour in light and in dark.
INK = {
    "paper": ("#ffffff", "#16191e"),
    "plot": ("#f8f9fb", "#1b1f25"),
    "ink": ("#1d2430", "#eceff4"),
    "quiet": ("#5a6472", "#a8b1be"),
    "grid": ("#e1e5ea", "#2d333c"),
    "edge": ("#3c4654", "#c9d1db"),
    "mark": ("#0072b2", "#5db3e6"),
    "best": ("#c8500a", "#f2955a"),
    "shade0": ("#fbe8a6", "#3a4384"),
    "shade1": ("#b4dc9f", "#2f6da6"),
    "shade2": ("#66bfa6", "#2f9dab"),
    "shade3": ("#3296b4", "#63c49a"),
    "shade4": ("#2c62a7", "#b5dd8b"),
    "shade5": ("#2b2f78", "#fcf0ac"),
}
# What a class looks like: CSS with {colours} of the table above.
RULES = {
    "paper": "fill:{paper}",
    "plot": "fill:{plot}",
    "grid": "fill:none;stroke:{grid};stroke-width:1",
    "lane": "fill:none;stroke:{quiet};stroke-width:1;stroke-dasharray:2 4",
    "leader": "fill:none;stroke:{quiet};stroke-width:0.8",
    "front": "fill:none;stroke:{best};stroke-width:1.6",
    "ring": "fill:none;stroke:{quiet};stroke-width:1",
    "dot": "fill:{mark};fill-opacity:0.55;stroke:{edge};stroke-width:0.8",
    "best": "fill:{best};fill-opacity:0.9",
    "halo": "fill:none;stroke:{plot};stroke-width:3;stroke-linejoin:round",
    "ink": "fill:{ink}",
    "quiet": "fill:{quiet}",
    **{f"shade{n}": f"fill:{{shade{n}}};fill-opacity:0.82" for n in range(SHADES)},
}


def sheet(dark: bool | None) -> list[str]:
    """Return the rules as CSS in light or dark colours, or (`dark` None) as variables."""
    rules = []
    for name, rule in RULES.items():
        colours = {
            key: f"var(--{key})" if dark is None else pair[dark] for key, pair in INK.items()
        }
        rules.append(f".chart .{name}{{{rule.format(**colours)}}}")
    return rules


def variables(dark: bool) -> str:
    """Return all colours as custom properties."""
    return ";".join(f"--{key}:{pair[dark]}" for key, pair in INK.items())
