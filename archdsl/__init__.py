"""A small language for convolutional networks, and its compiler to PyTorch code."""

from archdsl.version import __version__

TYPE_CHECKING = False  # importing typing would take most of the time
if TYPE_CHECKING:
    from archdsl.api import ArchError, Network, check, load, sweep, zoo

__all__ = ["ArchError", "Network", "__version__", "check", "load", "sweep", "zoo"]


def __getattr__(name: str) -> object:
    """Import the Python interface on first use: commands start without it."""
    if name in __all__:
        from archdsl import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
