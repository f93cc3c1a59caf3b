"""What a random program may contain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Which forms a random program may contain, and how large it becomes."""

    image: tuple[int, int, int] | None = None  # channels, height, width; None draws one
    size: int = 14  # about how many items a program has
    stochastic: bool = True  # drop_path, join(drop=…), dropout
    certain: bool = False  # rates are 0 or 1 only, so that training has one result
    conditioned: bool = False  # images of 8x8 or more, norms over many values
    several: bool = True  # more inputs and outputs than one
    auxiliary: bool = True  # outputs for training only
    devices: bool = True  # towers on devices
    variants: bool = True  # a second network that binds a parameter anew

    @property
    def least(self) -> int:
        """The smallest height and width."""
        return 8 if self.conditioned else 1
