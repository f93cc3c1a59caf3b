"""How far a picture opens: the four levels, and single parts that are opened besides."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.ir import Scope

LEVELS = ("network", "stage", "block", "op")
CONTAINERS = ("group", "repeat", "dense", "split", "towers", "iteration")


@dataclass(frozen=True)
class DetailLevel:
    """network: nothing is opened; stage: what holds blocks; block: blocks too, equal ones once;
    op: every op for itself. `expanded` are paths that are opened at any level.
    """

    level: str
    expanded: tuple[str, ...] = ()

    @property
    def gathers(self) -> bool:
        """Whether equal neighbours are one card, and a norm is written below its convolution."""
        return self.level != "op"

    def opens(self, scope: Scope) -> bool:
        """Whether what a scope holds is shown."""
        if self.level in ("block", "op"):
            return True
        if self.level == "stage" and scope.kind in CONTAINERS:
            return True
        return bool(self.expanded) and self.concerns(scope.path)

    def concerns(self, path: str) -> bool:
        """Whether a path lies around an opened part, is one, or lies in one."""
        return any(_within(path, other) or _within(other, path) for other in self.expanded)


def _within(path: str, other: str) -> bool:
    return path == other or path.startswith(other + ".")
