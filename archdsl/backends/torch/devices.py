"""A network on several devices: what its constructor takes and does for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from archdsl.backends.torch.layout import INDENT


@dataclass(frozen=True)
class Devices:
    """How many there are, and the paths of the modules that are not on the first."""

    count: int
    elsewhere: Collection[tuple[str, int]]

    @property
    def parameter(self) -> str:
        """As declared by the constructor and by the factory."""
        default = ", ".join(f'"cuda:{number}"' for number in range(self.count))
        ending = "," if self.count == 1 else ""
        return f"devices: tuple[torch.device | str, ...] = ({default}{ending})"

    @property
    def kept(self) -> str:
        """What `forward` finds them by."""
        return f"{INDENT * 2}self.devices = devices"

    def moves(self, made: Collection[str]) -> list[str]:
        """Puts the modules where they belong; `made` are the paths of those that there are."""
        lines = [f"{INDENT * 2}self.to(devices[0])"]
        for path, device in self.elsewhere:
            if path in made:
                lines.append(f"{INDENT * 2}self{_access(path)}.to(devices[{device}])")
        return lines


def _access(path: str) -> str:
    return "".join(f"[{name}]" if name.isdigit() else f".{name}" for name in path.split("."))
