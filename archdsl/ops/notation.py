"""The notation of an op in text and in pictures."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

from archdsl.ops.values import Sides

# How a caption writes arguments that have a default.
CAPTIONED = {
    "stride": "/{}",
    "groups": "{} groups",
    "dilation": "dilation {}",
    "scale": "×{}",
    "mode": "{}",
    "drop": "drop {}",
}


@dataclass(frozen=True, eq=False, repr=False)
class DiagramTraits:
    """The texts of an op; `sign` is drawn in the circle of a merge."""

    word: ClassVar[str]
    sign: ClassVar[str] = ""

    @property
    def title(self) -> str:
        """The op as an author would write it: required arguments by position, others by name."""
        return _written(self, quiet=True)

    @property
    def brief(self) -> str:
        """The title without arguments that change neither shape nor cost, such as `init`."""
        return _written(self, quiet=False)

    @property
    def caption(self) -> str:
        """The op in a figure: `conv 3×3, 64, /2`, without padding, bias and the like."""
        given = []
        for f in fields(self):
            value = getattr(self, f.name)
            if f.default is MISSING:
                given.append(shown(value).replace("x", "×"))
            elif not _is(value, f.default) and f.name in CAPTIONED:
                given.append(CAPTIONED[f.name].format(_square(value).replace("x", "×")))
        return f"{self.word} {', '.join(given)}".rstrip()


def _written(op: DiagramTraits, quiet: bool) -> str:
    given = []
    for f in fields(op):
        value = getattr(op, f.name)
        if f.default is MISSING:
            given.append(shown(value))
        elif not _is(value, f.default) and (quiet or "quiet" not in f.metadata):
            given.append(f"{f.name}={shown(value)}")
    return f"{op.word}({', '.join(given)})" if given else op.word


def _is(value: Any, default: Any) -> bool:
    """Whether a value is the default, which is declared for the axes of an image."""
    sizes = isinstance(value, tuple) and isinstance(default, tuple)
    return value == default or (sizes and len(value) != len(default) and set(value) == set(default))


def shown(value: Any) -> str:
    """Format an attribute's value in the language's syntax."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sides):
        return str(value.before) if value.even else str(list(value))
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, DiagramTraits):
        return value.title
    return f"{value:g}" if isinstance(value, float) else str(value)


def rated(word: str, *rates: float) -> str:
    """`drop_path 0.5`, or `drop_path 0.167…0.5` where equal ops have different rates."""
    least, most = (f"{rate:.3g}" for rate in (min(rates), max(rates)))
    return f"{word} {least}" if least == most else f"{word} {least}…{most}"


def _square(value: Any) -> str:
    """Write `2` for `2x2`, as people write strides."""
    even = isinstance(value, tuple) and len(set(value)) == 1
    return shown(value[0] if even else value)
