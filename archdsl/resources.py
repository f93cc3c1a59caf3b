"""Paths of shipped files: inside the package in a wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent


def resource(folder: str) -> Path:
    """The folder `grammar`, `architectures` or `devices`."""
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def current_folder() -> Path | None:
    """The current folder; None if it has been removed."""
    try:
        return Path.cwd()
    except OSError:
        return None


def cache_folder() -> Path | None:
    """The user's cache folder; None if no absolute path is configured.

    A relative path would depend on the current folder, which may belong to somebody else, so it
    is ignored, as the XDG specification requires.
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
