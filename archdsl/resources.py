"""Where the files that ship with the package lie: beside it in a wheel, above it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent


def resource(folder: str) -> Path:
    """The folder `grammar`, `architectures` or `devices`."""
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def cache_folder() -> Path | None:
    """Where derived files may be kept between runs; None where no absolute folder is known.

    A relative one would depend on the folder that a command runs in, which may be a stranger's:
    the XDG specification has it ignored.
    """
    from os import environ

    for base in (Path(environ.get("XDG_CACHE_HOME", "")), _home() / ".cache"):
        if base.is_absolute():
            return base / "archdsl"
    return None


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # the user has none
        return Path()
