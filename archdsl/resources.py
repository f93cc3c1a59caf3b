"""Where the files that ship with the package lie: beside it in a wheel, above it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent


def resource(folder: str) -> Path:
    """The folder `grammar`, `architectures` or `devices`."""
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def cache_folder() -> Path:
    """Where derived files may be kept between runs."""
    from os import environ

    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "archdsl"
