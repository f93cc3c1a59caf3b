"""Colours and sizes. The hues are Okabe and Ito's, which colour-blind readers can tell apart."""

from __future__ import annotations

from dataclasses import dataclass

FAMILY = "Helvetica, Arial, 'Liberation Sans', Arimo, sans-serif"

# ------------------------------------------------------------------ sizes, in pixels

STRONG = 12.0  # the first line of a card
SMALL = 10.0  # its second line, shapes, legend
CARD = 27.0  # a card of one line
CARD_2 = 41.0  # a card of two
PILL = 21.0
SIGN = 20.0  # the circle of a sum
BAR = 22.0
NARROWEST = 104.0
ROOM = 128.0  # what a card takes at least, so that a shape beside it moves nothing
WIDEST = 250.0
STEP = 8.0  # widths are its multiples, so that neighbours align
INSET = 11.0  # between a card's edge and its text
HEADER = 24.0  # the title of a box
PADDING = 14.0  # between a box and what it holds
GAP = 20.0  # between ranks, without a shape
STRIP = 13.0  # what a shape below a card takes
BESIDE = 12.0  # between neighbours of a rank
LANE = 15.0  # between skips
RADIUS = 5.0
STACK = 4.0  # how far the cards behind a repeated one look out
MARGIN = 16.0
LEGEND = 24.0
RAIL_LEAST, RAIL_MOST = 38.0, 78.0
PAPER = 9.0  # inches: the height of a page, where only its width is asked for
LEAST_TEXT = 6.0  # points: what journals ask for
TALLEST = 1.6  # times its width: taller pictures are folded into columns
COLUMNS = (1100.0, 850.0, 650.0, 500.0, 380.0)  # the heights of columns that are tried
PAGE = 1450.0  # the height up to which a picture fits a page and can still be read

# ------------------------------------------------------------------ colours


@dataclass(frozen=True)
class Tone:
    """A kind's colours: the inside of its cards, and their line."""

    fill: str
    line: str


LIGHT = {
    "conv": Tone("#dcebf7", "#0072b2"),
    "linear": Tone("#f6e1ed", "#b0568d"),
    "pool": Tone("#fbe3d6", "#d55e00"),
    "norm": Tone("#d9f0e8", "#00805c"),
    "activation": Tone("#fcf0d4", "#b97f00"),
    "merge": Tone("#ffffff", "#4d5562"),
    "shape": Tone("#eef0f3", "#7a828e"),
    "regularisation": Tone("#e2f2fb", "#3f95c4"),
    "input": Tone("#ffffff", "#4d5562"),
    "other": Tone("#eef0f3", "#7a828e"),
    "block": Tone("#ffffff", "#68717f"),
    "more": Tone("#ffffff", "#a3aab5"),
}
DARK = {
    "conv": Tone("#12344d", "#5db3e6"),
    "linear": Tone("#45243a", "#e08fc0"),
    "pool": Tone("#4c2a14", "#f2955a"),
    "norm": Tone("#0e3d30", "#3fc79c"),
    "activation": Tone("#43340e", "#e6b23c"),
    "merge": Tone("#23272e", "#b4bcc8"),
    "shape": Tone("#2b3038", "#98a1ae"),
    "regularisation": Tone("#17384a", "#79c3ea"),
    "input": Tone("#1b1f25", "#b4bcc8"),
    "other": Tone("#2b3038", "#98a1ae"),
    "block": Tone("#262b33", "#9aa3b0"),
    "more": Tone("#1b1f25", "#717987"),
}
INK = {
    "paper": ("#ffffff", "#16191e"),
    "ink": ("#1d2430", "#eceff4"),
    "quiet": ("#5a6472", "#a8b1be"),
    "wire": ("#59626f", "#a3acb9"),
    "box": ("#f6f7f9", "#1d2127"),
    "box2": ("#eceff3", "#252a32"),
    "frame": ("#c3c9d2", "#454c57"),
    "header": ("#e6e9ee", "#2c323b"),
    "badge": ("#1d2430", "#e4e8ee"),
    "rail": ("#e3e9f1", "#2d3643"),
    "onbadge": ("#ffffff", "#16191e"),
}
NAMES = {
    "conv": "convolution",
    "linear": "fully connected",
    "pool": "pooling",
    "norm": "normalisation",
    "activation": "activation",
    "merge": "merge",
    "shape": "reshaping",
    "regularisation": "regularisation",
    "block": "block",
}
# A scale of one hue, light to dark, with the ink that is read on it.
SCALE = (
    ("#f1f5fa", "#1d2430"),
    ("#cfe1f2", "#1d2430"),
    ("#9ecae1", "#1d2430"),
    ("#5ba3d0", "#101620"),
    ("#2f7ebc", "#ffffff"),
    ("#125099", "#ffffff"),
    ("#08306b", "#ffffff"),
)
