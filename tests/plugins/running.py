"""`archdsl` as a process of its own: what a plugin adds ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def archdsl(
    folder: Path, site: Path | None, *words: str, python: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder, with the packages of a site if one is given."""
    places = [str(place) for place in (site, ROOT) if place]
    return subprocess.run(
        [sys.executable, *python, "-m", "archdsl", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
    )
