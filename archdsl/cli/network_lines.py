"""`sweep --emit FILE`: chosen variants as `network` lines of a new file."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

from archdsl import driver, files
from archdsl.cli.main import UsageError
from archdsl.cli.output import announce, write
from archdsl.cli.sweep_rows import Explorer, SweepRow, varied_settings
from archdsl.diagnostics import Source
from archdsl.diagnostics.suggest import clip
from archdsl.elaboration.spelling import changed_arguments, definitions_in, spelled
from archdsl.resources import resource
from archdsl.syntax.parse import parse_expression

MODULE = re.compile(r"[A-Za-z]\w*", re.ASCII)
LONGEST_NAME = 60


def add_emit_argument(parser: ArgumentParser) -> None:
    """Add `--emit`."""
    parser.add_argument(
        "--emit", metavar="FILE", type=_source,
        help="write the rows without a problem as `network` lines of a new .arch file",
    )  # fmt: skip


def emit_networks(path: Path, found: Explorer, rows: Sequence[SweepRow]) -> None:
    """Write the variants of some rows.

    Raise `UsageError` where the file could not import the network, or exists.
    """
    if not rows:
        raise UsageError("--emit: no variant without a problem is left to write")
    if os.path.lexists(path):
        raise UsageError(f"--emit: {str(path)!r} exists: choose another name")
    module = _module_seen_from(path, found.source)
    lines, imported = [], {found.network: None}
    for name, row in zip(_names(found.network, rows), rows, strict=True):
        settings = {
            key: parse_expression(each, f"--set {key}") for key, each in row.settings.items()
        }
        base, variant = found.networks(settings)
        changed = changed_arguments(base, variant)
        texts = {key: spelled(value) for key, value in changed.items()}
        for key, text in texts.items():
            if text is None or not _is_visible(changed[key], found):
                raise UsageError(f"--emit: the language has no text for the value of `{key}`")
        for value in changed.values():
            imported |= dict.fromkeys(str(each) for each in definitions_in(value))
        arguments = ", ".join(f"{key}={text}" for key, text in texts.items())
        lines.append(f"network {name} = {found.network}({arguments})")
    head = f"# Variants of {found.network} that `archdsl sweep` found.\n"
    text = f"{head}from {module} import {', '.join(imported)}\n\n" + "\n".join(lines) + "\n"
    _check(path, text)
    write(path, text)
    announce(path, f"{len(lines):,} networks")


def _module_seen_from(path: Path, source: Source) -> str:
    """The name by which a file beside `path` can import the source."""
    origin = Path(source.name)
    beside = origin.exists() and os.path.samefile(origin.parent, path.parent)
    shipped = origin.exists() and os.path.samefile(origin.parent, resource("architectures"))
    if source.name == files.STDIN or not (beside or shipped):
        raise UsageError(
            f"--emit: {str(path)!r} has to import {source.name!r}: write it into the same folder"
        )
    if not MODULE.fullmatch(origin.stem):
        raise UsageError(f"--emit: a file called {origin.name!r} cannot be imported: rename it")
    return origin.stem


def _names(network: str, rows: Sequence[SweepRow]) -> Iterator[str]:
    """Yield a name for each variant, of its settings that differ between rows."""
    varied = varied_settings(rows) or [*rows[0].settings]
    taken: set[str] = set()
    for each in (row.settings for row in rows):
        words = "_".join(f"{key}_{each[key]}" for key in varied)
        base = re.sub(r"\W+", "_", f"{network}_{words}", flags=re.ASCII)[:LONGEST_NAME].rstrip("_")
        name = next(n for n in chain([base], (f"{base}_v{i}" for i in count(2))) if n not in taken)
        taken.add(name)
        yield name


def _is_visible(value: Any, found: Explorer) -> bool:
    """Whether the file of the network has every name in the text of a value."""
    names = found.file.module.environment.names
    return all(
        getattr(names.get(str(each)), "definition", None) is each.definition
        for each in definitions_in(value)
    )


def _check(path: Path, text: str) -> None:
    """Raise `UsageError` for a file with a mistake, as for a name that is taken."""
    mistakes, _ = driver.report(Source(str(path), text), files.library(), ())
    if mistakes:
        raise UsageError(f"--emit: {clip(mistakes[0].message, 200)}")


def _source(text: str) -> Path:
    path = Path(text)
    if path.suffix != ".arch":
        raise ArgumentTypeError(f"{text!r} is no source: end the name in .arch")
    return path
