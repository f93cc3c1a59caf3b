"""`archdsl doctor`: the versions and folders that a bug report needs."""

from __future__ import annotations

import os
import platform
import sys
from argparse import ArgumentParser, Namespace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from archdsl.project import project_around
from archdsl.resources import PACKAGE, cache_folder, current_folder, resource
from archdsl.version import __version__

EXAMPLES = (
    ("archdsl doctor", "print a line for each fact"),
    ("archdsl doctor --format json", "print an object for other tools"),
)
PACKAGES = (
    "argcomplete",
    "jinja2",
    "lark",
    "networkx",
    "pygraphviz",
    "reportlab",
    "resvg-py",
    "rich",
    "torch",
)
ABSENT = "not installed"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format (default: text)"
    )


def run(options: Namespace) -> int:
    """Print the facts; nothing is imported or written for them."""
    facts = _facts()
    if options.format == "json":
        from json import dumps

        print(dumps(facts, indent=2))
        return 0
    width = max(map(len, facts))
    for name, text in facts.items():
        print(f"{name:{width}}  {text}")
    return 0


def _facts() -> dict[str, str]:
    return {
        "archdsl": __version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": platform.platform(),
        "package": str(PACKAGE),
        "library": _files(resource("architectures"), "*.arch"),
        "fonts": _files(PACKAGE / "backends" / "diagram" / "fonts", "*.ttf"),
        "cache": _cache(),
        "project": _project(),
        "output": sys.stdout.encoding,
        **{name: _installed(name) for name in PACKAGES},
    }


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ABSENT


def _files(folder: Path, pattern: str) -> str:
    """The number of shipped files in a folder; 0 where the package is damaged."""
    return f"{len(list(folder.glob(pattern)))} files in {folder}"


def _project() -> str:
    """The pyproject.toml whose settings commands use here."""
    here = current_folder()
    found = project_around(here).file if here else None
    return str(found or "no [tool.archdsl] in a pyproject.toml")


def _cache() -> str:
    """The cache folder, and whether it can be used."""
    folder = cache_folder()
    if folder is None:
        return "none: the user has no home folder"
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    usable = os.access(nearest, os.W_OK)
    return f"{folder}" + ("" if usable else " (it cannot be written)")
