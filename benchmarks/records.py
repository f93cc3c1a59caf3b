"""Measured rows that several commands add up: JSON beside a page of Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

R = TypeVar("R")
RESULTS = Path(__file__).resolve().parent / "results"


def key(row: Any) -> tuple[object, ...]:
    """What a row is about: its fields up to `peer`."""
    names = [field.name for field in fields(row)]
    return tuple(getattr(row, name) for name in names[: names.index("peer") + 1])


def merged(before: Iterable[R], now: Iterable[R]) -> list[R]:
    """All rows, those of now in the place of those before that are about the same."""
    rows = {key(row): row for row in before}
    rows.update((key(row), row) for row in now)
    return list(rows.values())


def load(path: Path, kind: Callable[..., R]) -> list[R]:
    """The rows of a file; none where there is no file."""
    return [kind(**row) for row in json.loads(path.read_text())] if path.exists() else []


def save(path: Path, now: Iterable[R], kind: Callable[..., R]) -> list[R]:
    """Adds rows to those of a file, and gives all."""
    rows: list[Any] = merged(load(path, kind), now)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return rows


def publish(
    name: str, now: Iterable[R], kind: Callable[..., R], page: Callable[[list[R]], str]
) -> None:
    """Adds rows to those of `results/NAME.json` and writes the page beside it."""
    rows = save(RESULTS / f"{name}.json", now, kind)
    (RESULTS / f"{name}.md").write_text(page(rows))


def span(values: Iterable[float], form: str = ".3g") -> str:
    """The least and the largest of some numbers, once where they look the same."""
    found = list(values)
    ends = (format(min(found), form), format(max(found), form))
    return " to ".join(dict.fromkeys(ends))
