"""Options that the project's pyproject.toml gives where the command line does not."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from archdsl.project import Project, project_around
from archdsl.resources import current_folder


def use_project(options: Namespace) -> None:
    """Complete the options: lints and the output that are not given, and further plugins.

    Raise `UsageError` for a pyproject.toml with a mistake.
    """
    if not hasattr(options, "plugins"):
        return  # a command that reads no network
    here = current_folder()
    project = project_around(here) if here else Project()
    if hasattr(options, "select"):
        options.select = options.select or list(project.select)
        options.ignore = options.ignore or list(project.ignore)
    options.plugins = [*map(_shown, project.plugins), *options.plugins]
    if options.command == "compile":
        options.output = options.output or _output(project)


def _output(project: Project) -> Path:
    return _shown(project.output) if project.output else Path("generated")


def _shown(path: Path) -> Path:
    """A path as seen from the current folder, if it is below."""
    here = current_folder()
    return path.relative_to(here) if here and path.is_relative_to(here) else path
