"""Levels of detail: how far a picture opens, and single parts that are opened too."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.ir import Scope

LEVELS = ("network", "stage", "block", "op")
CONTAINERS = ("group", "repeat", "dense", "split", "towers", "iteration")


@dataclass(frozen=True)
class DetailLevel:
    """A level of detail, and the paths opened at any level.

    network: nothing is opened; stage: parts that hold blocks; block: blocks too, equal ones once;
    op: every op for itself.
    """

    level: str
    expanded: tuple[str, ...] = ()

    @property
    def gathers(self) -> bool:
        """Whether equal neighbours are one card, and a norm is written below its convolution."""
        return self.level != "op"

    def opens(self, scope: Scope) -> bool:
        """Whether the content of a scope is shown."""
        if self.level in ("block", "op"):
            return True
        if self.level == "stage" and scope.kind in CONTAINERS:
            return True
        return bool(self.expanded) and self.concerns(scope.path)

    def concerns(self, path: str) -> bool:
        """Whether a path contains, is, or lies in an expanded part."""
        return any(_within(path, other) or _within(other, path) for other in self.expanded)


def _within(path: str, other: str) -> bool:
    return path == other or path.startswith(other + ".")
