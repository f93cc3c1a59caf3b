"""Standard output that is closed, full or broken, interrupts, and plugins that fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from process import BAD, GOOD, SECONDS, shell

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full, bash")
COMMANDS = (
    "check good.arch",
    "check --format json good.arch",
    "check bad.arch",
    "summary good.arch",
    "memory good.arch",
    "profile good.arch --device a100",
    "compare good.arch",
    "sweep good.arch --set c=1,2",
    "compile good.arch -o out",
    "compile good.arch --dump graph",
    "render good.arch --dot",
    "render good.arch -o -",
    "render good.arch -o /dev/stdout",
    "explain A101",
    "zoo nin_cifar10",
    "--help",
    "check --help",
    "profile --list-devices",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.chdir(tmp_path)
    Path("good.arch").write_text(GOOD)
    Path("bad.arch").write_text(BAD)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_standard_output_is_one_line_and_exit_code_2(command: str) -> None:
    done = shell(f"archdsl {command} > /dev/full")
    what = "'/dev/stdout'" if "/dev/stdout" in command else "the output"
    assert done.returncode == 2
    assert done.stderr == f"archdsl: cannot write {what}: No space left on device\n"


@pytest.mark.parametrize("command", [each for each in COMMANDS if "/dev/stdout" not in each])
def test_a_closed_standard_output_is_one_line_and_exit_code_2(command: str) -> None:
    done = shell(f"archdsl {command} >&-")
    assert done.returncode == 2
    assert done.stderr == "archdsl: cannot write the output: Bad file descriptor\n"


@pytest.mark.parametrize("command", ["check good.arch", "check bad.arch", "summary good.arch"])
def test_a_broken_pipe_is_quiet_and_no_success(command: str) -> None:
    done = shell(f"archdsl {command} | true; exit ${{PIPESTATUS[0]}}")
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "archdsl", *command.split()]
    broken = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, timeout=SECONDS)
    os.close(writer)
    assert (broken.returncode, broken.stderr) == (141, b"")
    assert not done.stderr


@pytest.mark.parametrize("how", [">&-", "> /dev/full", "2>&-", "2> /dev/full", ">&- 2>&-"])
@pytest.mark.parametrize("command", ["check bad.arch", "compile bad.arch", "summary missing.arch"])
def test_mistakes_never_become_exit_code_0(command: str, how: str) -> None:
    done = shell(f"archdsl {command} {how}")
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stdout + done.stderr
    assert "bug" not in done.stderr


def test_a_closed_standard_error_does_not_put_messages_into_the_output() -> None:
    done = shell("archdsl compile bad.arch 2>&-")
    assert (done.returncode, done.stdout) == (1, "")


def test_a_closed_standard_input_is_one_line() -> None:
    done = shell("archdsl check - <&-")
    assert done.returncode == 2
    assert done.stderr == "archdsl: cannot read standard input: it is closed\n"


# ------------------------------------------------------------------ interrupts


def heed_interrupts() -> None:
    """Undo for a new process that a shell has its jobs in the background ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(folder: Path, *words: str, **environment: str) -> None:
    """Start a command that writes `ready` where it then waits, and interrupt it there."""
    ready = folder / "ready"
    os.mkfifo(ready)
    process = subprocess.Popen(
        [sys.executable, "-m", "archdsl", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
        preexec_fn=heed_interrupts,
    )
    ready.read_text()  # returns once the command has opened and closed it
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (130, "", "archdsl: interrupted\n")


WAITS = "import time\nopen('ready', 'w').close()\ntime.sleep(100)\n"


@pytest.mark.parametrize("module", ["argparse", "json", "archdsl_plugin_that_waits"])
def test_an_interrupt_is_one_line_also_while_modules_are_imported(
    module: str, folder: Path
) -> None:
    (folder / "path").mkdir()
    (folder / "path" / f"{module}.py").write_text(WAITS)
    plugin = folder / "path" / "archdsl_plugin_that_waits.py"
    words = ["--plugin", str(plugin)] if module.startswith("archdsl") else []
    path = f"{folder / 'path'}:{os.environ['PYTHONPATH']}"
    interrupted(folder, "check", "good.arch", *words, PYTHONPATH=path)


def test_an_interrupt_while_graphviz_works_is_one_line_and_leaves_no_process(folder: Path) -> None:
    """The process that lays out waits where it imports pygraphviz."""
    pytest.importorskip("pygraphviz")
    packages = folder / "packages"
    packages.mkdir()
    code = (
        "import sys, archdsl.backends.diagram.graphviz as engine\n"
        f"engine.CHILD = {str(folder / 'child.py')!r}\n"
        "from archdsl.__main__ import main\nsys.exit(main())\n"
    )
    (folder / "child.py").write_text(
        f"import os\nopen({str(folder / 'pid')!r}, 'w').write(str(os.getpid()))\n{WAITS}"
    )
    os.mkfifo(folder / "ready")
    process = subprocess.Popen(
        [sys.executable, "-c", code, "render", "good.arch"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    (folder / "ready").read_text()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (130, "archdsl: interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)
    assert not list(folder.glob("*.svg"))


# ------------------------------------------------------------------ plugins

PLUGIN = """
from dataclasses import dataclass

from archdsl.ops import Op, TorchForm


@dataclass(frozen=True)
class Fails(Op):
    word = "fails"

    def infer(self, inputs):
        {infer}

    def torch(self, inputs, in_place):
        {torch}
"""
RAISE = 'raise KeyError("of the plugin")'


@pytest.mark.parametrize(
    ("infer", "torch", "command"),
    [(RAISE, "return None", "check"), ("return inputs[0]", RAISE, "compile")],
)
def test_a_plugin_that_raises_is_named_with_its_line(infer: str, torch: str, command: str) -> None:
    text = PLUGIN.format(infer=infer, torch=torch)
    Path("plugin.py").write_text(text)
    line = text.splitlines().index(f"        {RAISE}") + 1
    Path("net.arch").write_text("network n { input 3x8x8 -> fails }\n")
    done = shell(f"archdsl {command} net.arch --plugin plugin.py")
    assert done.returncode == 2
    assert done.stderr == (
        "archdsl: the plugin 'plugin.py' failed: KeyError: 'of the plugin'"
        f" (plugin.py, line {line})\n"
    )
