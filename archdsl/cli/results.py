"""Accuracies that the user measured: a CSV or JSON file for `compare --results`."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from archdsl import files
from archdsl.analyses.measures import TOP1
from archdsl.cli.main import UsageError
from archdsl.diagnostics.suggest import clip, did_you_mean, listing

COLUMNS = ("network", TOP1.word)
LONGEST_LABEL = 40  # as labels of variants are clipped
SUFFIXES = (".csv", ".json")


def results_of(path: Path, labels: Collection[str]) -> dict[str, float]:
    """Read accuracies in percent, by the labels of the compared networks.

    A CSV file has the columns `network` and `top1`, a JSON file is an object of networks. Blanks in
    names do not matter. Raise `UsageError` for a file of another form, for a number that is no
    percentage, and for a network that is not compared.
    """
    read = {".csv": _csv_entries, ".json": _json_entries}.get(path.suffix.lower())
    if read is None:
        raise UsageError(f"--results {str(path)!r}: end the name in {listing(SUFFIXES, 'or')}")
    known = {_key(label): label for label in labels}
    found: dict[str, float] = {}
    for where, network, value in read(path):
        label = known.get(_key(network))
        if label is None:
            hint = did_you_mean(network, labels, f"there are {listing(labels)}")
            raise UsageError(f"{where}: {clip(network)!r} is not compared; {hint}")
        if label in found:
            raise UsageError(f"{where}: {clip(network)!r} has a number already")
        found[label] = _percentage(where, value)
    return found


def _key(label: str) -> str:
    return "".join(clip(label, LONGEST_LABEL).split())


def _csv_entries(path: Path) -> Iterator[tuple[str, str, Any]]:
    """Yield the place, the network and the number of each line."""
    reader = csv.DictReader(StringIO(files.contents(path)), strict=True)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise UsageError(
                f"{path}:1: there is no column `{missing[0]}`: begin with a line network,top1"
            )
        for row in reader:
            yield f"{path}:{reader.line_num}", row["network"] or "", row[TOP1.word]
    except csv.Error as error:
        raise UsageError(f"{path} is not CSV: {error}") from None


def _json_entries(path: Path) -> Iterator[tuple[str, str, Any]]:
    from json import loads

    try:
        data = loads(files.contents(path))
    except (ValueError, RecursionError) as error:
        what = clip(str(error)) if isinstance(error, ValueError) else "nested too deeply"
        raise UsageError(f"{path} is not JSON: {what}") from None
    if not isinstance(data, Mapping):
        raise UsageError(f'{path}: write an object, as in {{"resnet50": 76.1}}')
    for network, value in data.items():
        yield str(path), network, value


def _percentage(where: str, value: Any) -> float:
    try:
        number = float(value) if isinstance(value, str | int | float) else -1.0
    except (ValueError, OverflowError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 100:
        raise UsageError(
            f"{where}: {clip(str(value))!r} is no accuracy: write a percentage from 0 to 100"
        )
    return number
