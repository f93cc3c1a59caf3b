"""`--watch`: run a command again when a file changes, or one that it may import."""

from __future__ import annotations

import gc
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from copy import copy
from importlib.util import find_spec
from pathlib import Path

from archdsl.cli.terminal import remark
from archdsl.diagnostics.diagnostic import UsageError

STEP = 100  # milliseconds for which changes are gathered
WAIT = 200  # milliseconds between two looks at what was gathered


def add_watch_argument(parser: ArgumentParser) -> None:
    """Add the option to a command."""
    parser.add_argument(
        "--watch", action="store_true", help="run again when a file or one beside it changes"
    )


def watched(options: Namespace, answer: Callable[[Namespace], int]) -> int:
    """Answer, and answer again after each change, until an interrupt.

    Imports are read from the folder of a file, so whole folders are watched. What a command wrote
    stays where a text with mistakes follows.
    """
    if find_spec("watchfiles") is None:
        raise UsageError("--watch needs watchfiles: pip install 'archdsl[watch]'")
    from watchfiles import watch

    paths = [Path(word) for word in options.files]
    folders = [path for path in paths if path.is_dir()]
    beside = [path.absolute().parent for path in paths if path.is_file()]
    if not folders and not beside:
        raise UsageError("--watch needs a file or a folder: nothing else can change")
    code, begun = 0, False
    for changes in watch(
        *{*folders, *beside},
        watch_filter=lambda _, path: path.endswith(".arch"),
        step=STEP,
        rust_timeout=WAIT,
        yield_on_timeout=True,  # at once, so that no change during the first answer is lost
        recursive=bool(folders),
    ):
        if begun and not changes:
            continue
        remark("" if begun else "watching for changes; Ctrl-C ends", sys.stderr)
        code, begun = answer(copy(options)), True
        gc.collect()  # `main` leaves it to the end of a command, and this one has none
    return code
