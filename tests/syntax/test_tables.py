"""The parser's tables between runs: data, from a folder that the user alone can write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SECONDS = 60  # a hang, not slowness
NETWORK = "network n { input 3x8x8 -> conv(3x3, 8) }\n"


def check(folder: Path, **environment: str) -> None:
    """Check a network in a folder by a process of its own."""
    (folder / "n.arch").write_text(NETWORK)
    code = f"import sys; sys.path.insert(0, {str(Path.cwd())!r})\n"
    code += "from archdsl.cli.main import main; sys.exit(main(['check', 'n.arch']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        timeout=SECONDS,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "no mistakes in 1 file\n", "")


def kept(cache: Path) -> Path:
    [path] = (cache / "archdsl").iterdir()
    return path


def test_tables_are_kept_as_json_that_only_the_user_can_write(tmp_path: Path) -> None:
    check(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    path = kept(tmp_path / "cache")
    assert "network" in json.loads(path.read_text())["keywords"]
    assert path.stat().st_mode & 0o077 == path.parent.stat().st_mode & 0o077 == 0
    before = path.stat()
    check(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("name", ["XDG_CACHE_HOME", "HOME"])
@pytest.mark.parametrize("where", [".", "cache", ""])
def test_a_relative_folder_is_neither_read_nor_written(
    name: str, where: str, tmp_path: Path
) -> None:
    check(tmp_path, **{"HOME": ".", name: where})
    assert [each.name for each in tmp_path.iterdir()] == ["n.arch"]


def test_with_a_relative_folder_tables_go_below_the_home(tmp_path: Path) -> None:
    check(tmp_path, XDG_CACHE_HOME="cache", HOME=str(tmp_path / "home"))
    assert kept(tmp_path / "home" / ".cache").is_file()


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def poisoned(path: Path) -> None:
    """Tables that others can write: their word for networks is another one."""
    path.write_text(path.read_text().replace('"network"', '"hijacked"'))
    path.chmod(0o666)


def in_an_open_folder(path: Path) -> None:
    poisoned(path)
    path.chmod(0o600)
    path.parent.chmod(0o777)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def of_something_else(path: Path) -> None:
    path.write_text('{"grammar": "", "steps": []}')


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
@pytest.mark.parametrize(
    "spoil", [fifo, poisoned, in_an_open_folder, cut, of_something_else, folder]
)
def test_what_cannot_be_trusted_or_read_is_not_used(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    check(tmp_path, XDG_CACHE_HOME=str(cache))
    spoil(kept(cache))
    check(tmp_path, XDG_CACHE_HOME=str(cache))


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    """Pickles run what they like; no module that reads them is needed for a check."""
    check(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    path = kept(tmp_path / "cache")
    path.write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    check(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert not (tmp_path / "ran").exists()


def test_tables_of_another_grammar_are_made_again(tmp_path: Path) -> None:
    """The name of the file is a checksum, which two grammars may share."""
    check(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    path = kept(tmp_path / "cache")
    other = path.read_text().replace('"network":"NETWORK"', '"hijacked":"NETWORK"')
    path.write_text(other.replace('{"grammar":"', '{"grammar":"another '))
    check(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))


def test_a_check_with_cached_tables_imports_no_generator(tmp_path: Path) -> None:
    check(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
    (tmp_path / "lark.py").write_text("raise SystemExit('lark was imported')\n")
    check(tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"), PYTHONPATH=str(tmp_path))
