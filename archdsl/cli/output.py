"""Writing of results: regular files as a whole or not at all, devices and pipes directly."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from archdsl.cli.main import UsageError
from archdsl.cli.terminal import remark
from archdsl.diagnostics.text_form import safe

STREAMS = ("/dev/stdout", "/dev/stderr")
SOURCE = ".arch"
WINDOWS_DEVICE = re.compile(r"(?i:con|prn|aux|nul|com[1-9]|lpt[1-9])\s*(\..*)?")
_numbers = count()


def write(path: Path, content: str | bytes, sources: Iterable[str] = ()) -> None:
    """Write one file as `write_all` does."""
    write_all({path: content}, sources)


def rewrite(path: Path, content: str) -> None:
    """Replace a source by its new text, as `check --fix` does."""
    _write_all({path: content})


def write_all(contents: Mapping[Path, str | bytes], sources: Iterable[str] = ()) -> None:
    """Write all files or none; no reader ever sees half a file.

    A regular file keeps its mode, a symbolic link its target. Devices, FIFOs and open files below
    /dev/fd are written directly. Raise `UsageError` for a file that cannot be written, for one of
    the `sources` and for any other .arch file.
    """
    sources = list(sources)
    for path in contents:
        _check_no_source(path, sources)
        if os.name == "nt" and is_windows_device(path.name):
            raise UsageError(f"{str(path)!r} is a device of Windows: choose another name")
    _write_all(contents)


def _write_all(contents: Mapping[Path, str | bytes]) -> None:
    staged: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, content in contents.items():
            if not is_stream(path):
                staged.append(_staged(path, _bytes(content)))
        for path, content in contents.items():
            if is_stream(path):
                _write_through(path, _bytes(content))
        while staged:
            partial, path = staged[0]
            os.replace(partial, path)
            staged.pop(0)
    except OSError as error:
        raise UsageError(f"cannot write {str(path)!r}: {error.strerror}") from None
    finally:
        for partial, _ in staged:
            with suppress(OSError):
                partial.unlink()


def is_stream(path: Path) -> bool:
    """Whether a path is a device, a FIFO or an open file, which must never be replaced."""
    if str(path) in STREAMS or os.path.realpath(path.parent).startswith("/proc/"):
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not S_ISREG(mode) and not S_ISDIR(mode)


def is_windows_device(name: str) -> bool:
    """Whether Windows reads the name of a file as a device, with any suffix: `con.py`."""
    return bool(WINDOWS_DEVICE.fullmatch(name))


def announce(path: Path, what: str) -> None:
    """Print the size of a file; to standard error if the file may be standard output."""
    remark(f"{safe(str(path))}: {what}", sys.stderr if is_stream(path) else sys.stdout)


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _check_no_source(path: Path, sources: Iterable[str]) -> None:
    if not os.path.lexists(path) or is_stream(path):
        return
    known = filter(os.path.exists, sources if path.exists() else ())
    same = any(os.path.samefile(each, path) for each in known)
    if same or path.suffix == SOURCE:
        raise UsageError(f"{str(path)!r} is a source: choose another file to write to")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        above = next(each for each in (folder, *folder.parents) if each.exists())
        raise NotADirectoryError(None, f"{str(above)!r} is not a folder") from None


def _staged(path: Path, data: bytes) -> tuple[Path, Path]:
    """A temporary file with the data, and the file that it will replace."""
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    _make_folder(target.parent)
    partial = target.with_name(f".archdsl-{os.getpid()}-{next(_numbers)}.partial")
    try:
        with partial.open("xb") as file:
            file.write(data)
        if target.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        if target.exists():
            partial.chmod(target.stat().st_mode & 0o7777)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
    return partial, target


def _write_through(path: Path, data: bytes) -> None:
    if _is_standard_output(path):
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    with open(os.open(path, os.O_WRONLY), "wb") as file:
        file.write(data)


def _is_standard_output(path: Path) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False
