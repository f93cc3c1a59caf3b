"""A network on several devices: what its constructor takes and does for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from archdsl.backends.torch.layout import INDENT


@dataclass(frozen=True)
class Devices:
    """The number of devices, and the paths of modules on others than the first."""

    count: int
    elsewhere: Collection[tuple[str, int]]

    @property
    def parameter(self) -> str:
        """The declaration in the constructor and in the factory."""
        default = ", ".join(f'"cuda:{number}"' for number in range(self.count))
        ending = "," if self.count == 1 else ""
        return f"devices: tuple[torch.device | str, ...] = ({default}{ending})"

    @property
    def kept(self) -> str:
        """The statement that keeps the devices for `forward`."""
        return f"{INDENT * 2}self.devices = devices"

    def moves(self, made: Collection[str]) -> list[str]:
        """Write statements that move modules to their devices; `made` are the paths that exist."""
        lines = [f"{INDENT * 2}self.to(devices[0])"]
        for path, device in self.elsewhere:
            if path in made:
                lines.append(f"{INDENT * 2}self{_access(path)}.to(devices[{device}])")
        return lines


def _access(path: str) -> str:
    return "".join(f"[{name}]" if name.isdigit() else f".{name}" for name in path.split("."))
