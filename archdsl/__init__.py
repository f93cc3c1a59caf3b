"""A small language for convolutional networks, and its compiler to PyTorch code."""

from typing import Any

from archdsl.version import __version__

__all__ = ["__version__", "load"]


def __getattr__(name: str) -> Any:
    """`load`, for notebooks; imported when it is asked for, since commands start without it."""
    if name == "load":
        from archdsl.notebook import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
