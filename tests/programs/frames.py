"""What a place in a program can see: values, numbers, and whether labels are allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.programs.layers import Shape


@dataclass(frozen=True)
class Known:
    """A value that a reference can name, by its path from the frame's block or network."""

    path: tuple[str, ...]
    shape: Shape
    text: str | None = None  # of a parameter, which is written without a path

    def written(self, scope: tuple[str, ...]) -> str:
        """The reference as a body in this scope writes it."""
        if self.text:
            return self.text
        path = self.path
        while scope and len(path) > 1 and path[0] == scope[0]:
            path, scope = path[1:], scope[1:]
        return "@" + ".".join(path)


@dataclass
class Frame:
    """A body: its scope's path, the loop indices that labels need, and the values in sight."""

    scope: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()
    values: list[Known] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    labels: bool = True
    top: bool = False  # the network's own body

    def inner(self, **changes: object) -> Frame:
        """A body inside this one; it shares the values unless `values` is given."""
        now = dict(self.__dict__, top=False)
        return Frame(**{**now, **changes})  # type: ignore[arg-type]

    def label(self, number: int) -> str:
        """A new label, with the index of every repeat around that opens no scope."""
        return f"v{number}" + "".join(f"_{{{index}}}" for index in self.indices)

    def learn(self, path: tuple[str, ...], shape: Shape) -> None:
        self.values.append(Known((*self.scope, *path), shape))


def unrolled(known: Known, index: str, number: int) -> Known:
    """The value of one iteration, as a reference after the loop writes it."""
    path = tuple(re.sub(rf"{{{index}}}", str(number), part) for part in known.path)
    return Known(path, known.shape, known.text)
