"""Where results go: files whole or not at all, devices and pipes written through."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from process import GOOD, shell

from archdsl.cli.output import is_windows_device

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="FIFOs, /dev")
TWO = GOOD + GOOD.replace("good", "second")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.chdir(tmp_path)
    Path("good.arch").write_text(GOOD)
    return tmp_path


def test_a_fifo_is_written_through() -> None:
    os.mkfifo("pipe")
    done = shell(
        "cat pipe > copy & archdsl render good.arch --svg -o pipe; code=$?; wait; exit $code"
    )
    assert done.returncode == 0, done.stderr
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)
    assert Path("copy").read_text().startswith("<svg")


def test_a_process_substitution_is_written_through() -> None:
    done = shell("archdsl render good.arch --dot -o >(cat > copy); sleep 1")
    assert done.returncode == 0, done.stderr
    assert Path("copy").read_text().startswith("digraph")


def test_a_device_stays_a_device() -> None:
    """A node of our own where the test may make one, else `/dev/null`."""
    device = Path("null")
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        device.write_bytes(b"")
    except PermissionError:
        device.unlink(missing_ok=True)
        device = Path("/dev/null")
    done = shell(f"archdsl render good.arch --svg -o {device}")
    assert done.returncode == 0, done.stderr
    assert stat.S_ISCHR(device.stat().st_mode)


@pytest.mark.parametrize("how", ["| cat > copy", "> copy", ">> copy"])
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_by_its_path_is_standard_output(name: str, how: str) -> None:
    Path("copy").write_text("before\n")
    done = shell(f"archdsl render good.arch --dot -o {name} {how}")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"{name}: ")
    expected = shell("archdsl render good.arch --dot").stdout
    assert Path("copy").read_text() == ("before\n" if how.startswith(">>") else "") + expected
    assert os.path.islink("/dev/stdout")


@pytest.mark.parametrize("there", [True, False], ids=["file", "dangling"])
def test_a_symbolic_link_stays_one_and_its_target_is_written(there: bool) -> None:
    Path("folder").mkdir()
    target = Path("folder/target.svg")
    if there:
        target.write_text("old")
        target.chmod(0o640)
    Path("link.svg").symlink_to(target)
    assert shell("archdsl render good.arch -o link.svg").returncode == 0
    assert Path("link.svg").is_symlink()
    assert target.read_text().startswith("<svg")
    assert not there or target.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in Path("folder").iterdir()] == ["target.svg"]


def test_new_files_have_the_mode_that_the_umask_asks_for() -> None:
    assert shell("umask 027; archdsl compile good.arch -o out").returncode == 0
    assert Path("out/good.py").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("output", ["good.arch", "other.arch", "link.svg", "./good.arch"])
def test_no_picture_is_written_over_a_source(output: str) -> None:
    Path("link.svg").symlink_to("good.arch")
    Path("other.arch").write_text("# a source\n")
    done = shell(f"archdsl render good.arch --svg -o {output}")
    assert done.returncode == 2
    assert "is a source" in done.stderr
    assert Path("good.arch").read_text() == GOOD
    assert Path("other.arch").read_text() == "# a source\n"


def test_a_source_of_another_name_is_not_overwritten_either() -> None:
    Path("net.txt").write_text(GOOD)
    assert shell("archdsl render net.txt --svg -o net.txt").returncode == 2
    assert Path("net.txt").read_text() == GOOD


def test_compile_replaces_only_what_it_has_generated() -> None:
    Path("out").mkdir()
    mine = Path("out/good.py")
    mine.write_text("print('mine')\n")
    done = shell("archdsl compile good.arch -o out")
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert mine.read_text() == "print('mine')\n"
    assert shell("archdsl compile good.arch -o out --force").returncode == 0
    assert "class Good" in mine.read_text()
    done = shell("archdsl compile good.arch -o out --set c=4 --target inference")
    assert done.returncode == 0, done.stderr
    done = shell("archdsl compile good.arch -o out --target inference")
    assert done.returncode == 0, done.stderr


def test_one_file_that_cannot_be_written_leaves_the_others_as_they_were() -> None:
    Path("two.arch").write_text(TWO)
    Path("out/second.py").mkdir(parents=True)
    done = shell("archdsl compile two.arch -o out")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert [each.name for each in Path("out").iterdir()] == ["second.py"]


@pytest.mark.parametrize("folder_of_output", ["plain", "plain/inner"])
def test_a_file_in_the_place_of_a_folder_is_named(folder_of_output: str) -> None:
    Path("plain").write_text("kept")
    done = shell(f"archdsl compile good.arch -o {folder_of_output}")
    assert done.returncode == 2
    assert done.stderr.strip().endswith(f"'{folder_of_output}/good.py': 'plain' is not a folder")
    assert Path("plain").read_text() == "kept"


@pytest.mark.parametrize(
    ("name", "device"),
    [("con.py", True), ("AUX", True), ("nul .x", True), ("com1.tar.gz", True), ("lpt9", True),
     ("cone.py", False), ("com0.py", False), ("icon.py", False), ("aux_head.py", False)],
)  # fmt: skip
def test_names_of_devices_of_windows(name: str, device: bool) -> None:
    assert is_windows_device(name) == device
