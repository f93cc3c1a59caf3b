"""A class of the generated file, with the modules of the network that are its instances."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from archdsl.backends.torch.construct import Run
from archdsl.backends.torch.expressions import Symbol
from archdsl.backends.torch.layout import Atom, Expr
from archdsl.backends.torch.merged_class import Merged
from archdsl.backends.torch.outline import Module, Part
from archdsl.backends.torch.parameters import Parameter


@dataclass(frozen=True)
class Loop:
    """Children that one loop makes and another runs: `prefix1`, `prefix2` … from `first` on."""

    prefix: str
    first: int
    run: Run
    count: str = ""
    item: Expr | None = None


@dataclass(eq=False)
class Class:
    """A class of the generated file; `members` are its attributes, `instances` who uses it.

    `row` are the arguments of its `nn.Sequential`, where some are loops; it has no members then.
    `prelude` are the lines before its attributes: local variables. `checks` refuse arguments for
    which the class is not what its block is; `guarded` is whether they do more than the function
    that chooses the class. `symbols` are those of its parameters.
    `merged` says what a class of several structures holds, `statements` are the lines that make it.
    `case` is the condition of a class of a block that calls itself: `columns == 3`.
    """

    name: str
    instances: list[Module]
    sequential: bool  # run by `nn.Sequential`; `numbered`: only made by it
    numbered: bool
    parameters: list[Parameter] = field(default_factory=list)
    members: dict[int, Expr] = field(default_factory=dict)
    values: dict[Module, list[Any]] = field(default_factory=dict)
    loop: Loop | None = None
    row: tuple[Expr, ...] = ()
    prelude: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    guarded: bool = False
    symbols: tuple[Symbol | None, ...] = ()
    case: str = ""
    merged: Merged | None = None
    statements: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> Module:
        """An instance that has every optional part, as far as one does."""
        return max(self.instances, key=lambda m: sum(not part.passes for part in m.parts))

    def holds(self, position: int, part: Part) -> bool:
        """Whether its constructor makes a module for one of its parts."""
        if self.merged is not None:
            return self.sequential or part.name in self.merged.names
        return bool(self.loop or self.row) or position in self.members

    def variant(self, module: Module) -> Class:
        """Return the class as if it had the structure of one module alone."""
        held: dict[int, Expr] = {
            n: Atom("") for n, part in enumerate(module.parts) if self.holds(n, part)
        }
        return Class(self.name, [module], self.sequential, self.numbered, members=held)

    @property
    def dense(self) -> bool:
        """Whether its `forward` is a loop over layers that read all before them."""
        return self.loop is not None or (self.numbered and bool(self.pattern.links))

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The attributes that the constructor sets, in order, each with its place."""
        names = (self.pattern.parts[position].name for position in self.members)
        return {name: place for place, name in enumerate(names)}

    @property
    def labels(self) -> list[str]:
        return [name for name in self.places if not name.isdigit()]

    @property
    def counts(self) -> bool:
        """Whether `nn.Sequential` itself gives its layers their numbers: 0, 1, 2 …, then labels."""
        if self.merged is not None:
            return False
        numbers = map(str, range(len(self.places) - len(self.labels)))
        return self.numbered and [*self.places] == [*numbers, *self.labels]

    def step(self, part: Part) -> str:
        """The way from the class to a layer: `.conv1`, or `[2]`, its place in `nn.Sequential`."""
        return step_to(part, self.places)

    @property
    def doc(self) -> str:
        """The author's comment, without sentences on parameters that were left out."""
        scope = self.instances[0].scope
        names = {parameter.name for parameter in self.parameters}
        gone = {f"`{name}`" for name in scope.arguments if name not in names}
        sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z`\d])", scope.doc)
        return " ".join(text for text in sentences if not any(name in text for name in gone))


def step_to(part: Part, places: Mapping[str, int]) -> str:
    """`.conv1`, or `[2]`; a number that has no place of its own is its place."""
    name = part.name
    return f"[{places.get(name, int(name))}]" if name.isdigit() else f".{name}"
