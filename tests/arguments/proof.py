"""What became of calls with other arguments."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """A call that makes another module than the author's text means."""

    network: str
    call: str
    why: str

    def __str__(self) -> str:
        return f"{self.network}: {self.call}: {self.why}"


@dataclass(frozen=True)
class Effort:
    """How much is compared: calls of a class, values of a setting, the weights of outputs.

    Of a network with more weights than `heaviest` keys, shapes and settings are compared.
    """

    calls: int = 8
    values: int = 2
    heaviest: int = 30_000_000
    seed: int = 0


@dataclass
class Proof:
    """The outcome of the calls of one or more networks.

    `seen` are the classes that are already proven, by block and text.
    """

    faults: list[Fault] = field(default_factory=list)
    agreed: dict[str, int] = field(default_factory=dict)  # by class: calls that hold
    refused: dict[str, int] = field(default_factory=dict)  # by class: with the author's condition
    skipped: dict[str, str] = field(default_factory=dict)  # by class: why nothing was compared
    seen: set[tuple[str, str]] = field(default_factory=set)

    def agree(self, name: str) -> None:
        self.agreed[name] = self.agreed.get(name, 0) + 1

    def refuse(self, name: str) -> None:
        self.refused[name] = self.refused.get(name, 0) + 1

    def words(self) -> str:
        """One line for what holds, and one for each fault."""
        counts = [("agrees", self.agreed), ("refuses", self.refused)]
        found = [f"{name} {word} {n} times" for word, of in counts for name, n in of.items()]
        found += [f"{name} is skipped: {why}" for name, why in self.skipped.items()]
        return "\n    ".join([", ".join(found) or "nothing to compare", *map(str, self.faults)])
