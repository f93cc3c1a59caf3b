"""`--plugin FILE`: what a file adds, and what is wrong with one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.running import archdsl

PLUGIN = '''
from __future__ import annotations

from dataclasses import dataclass

from archdsl.ops import Op, TorchForm, call
from archdsl.ops.conv import Conv  # not one of this file's own


@dataclass(frozen=True)
class Mish(Op):
    """x tanh(softplus(x)) (Misra 2019)."""

    word = "mish"

    def torch(self, inputs, in_place):
        return TorchForm(call("nn.Mish"), call("F.mish"))
'''
NETWORK = "network n { input 3x8x8 -> conv(3x3, 4) -> mish }\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "n.arch").write_text(NETWORK)
    (tmp_path / "my_ops.py").write_text(PLUGIN)
    return tmp_path


@pytest.mark.parametrize("command", ["check", "compile", "summary"])
def test_every_command_about_networks_takes_a_plugin(folder: Path, command: str) -> None:
    done = archdsl(folder, None, command, "n.arch", "--plugin", "my_ops.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_plugin_beside_the_network_is_not_run_unasked(folder: Path) -> None:
    (folder / "my_ops.py").write_text("open('ran', 'w').close()\n" + PLUGIN)
    assert archdsl(folder, None, "check", "n.arch").returncode == 1
    assert not (folder / "ran").exists()


def test_a_plugin_given_twice_is_one(folder: Path) -> None:
    words = ("--plugin", "my_ops.py", "--plugin", str(folder / "my_ops.py"))
    assert archdsl(folder, None, "check", "n.arch", *words).returncode == 0


def test_several_plugins_add_up(folder: Path) -> None:
    (folder / "more.py").write_text(PLUGIN.replace("mish", "mush").replace("F.mush", "F.mish"))
    (folder / "n.arch").write_text(NETWORK.replace("-> mish", "-> mish -> mush"))
    words = ("--plugin", "my_ops.py", "--plugin", "more.py")
    assert archdsl(folder, None, "check", "n.arch", *words).returncode == 0


def test_an_op_of_a_plugin_is_suggested(folder: Path) -> None:
    (folder / "n.arch").write_text(NETWORK.replace("mish", "misch"))
    done = archdsl(folder, None, "check", "n.arch", "--plugin", "my_ops.py")
    assert "did you mean `mish`?" in done.stdout


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nothing_of_that_name", "No module named 'nothing_of_that_name' (my_ops.py, line"),
        ("x = = 1", "SyntaxError: invalid syntax (my_ops.py, line 1)"),
        ("x = 1\ny = x / 0", "ZeroDivisionError: division by zero (my_ops.py, line 2)"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("\0", "null bytes"),
        ("x = 1", "defines no op"),
        ("from archdsl.ops.conv import Conv", "defines no op"),
        (PLUGIN.replace('"mish"', '"relu"'), "the word `relu`, which the language has already"),
        (PLUGIN.replace('"mish"', '"range"'), "the word `range`, which the language has already"),
        (PLUGIN.replace('"mish"', '"input"'), "the word 'input', which is not a name"),
        (PLUGIN.replace('"mish"', '"m ish"'), "the word 'm ish', which is not a name"),
        (PLUGIN.replace('"mish"', "['mish']"), "the word ['mish'], which is not a name"),
        (PLUGIN.replace("@dataclass(frozen=True)", ""), "`Mish` is not a dataclass"),
        (PLUGIN.split("    def torch")[0], "`Mish` has no PyTorch form: define `torch`"),
        (
            PLUGIN + "\n@dataclass(frozen=True)\nclass M(Mish):\n    word = 'mish'\n",
            "`mish`, which",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_told_in_one_line(
    folder: Path, text: str, why: str
) -> None:
    (folder / "my_ops.py").write_text(text)
    done = archdsl(folder, None, "check", "n.arch", "--plugin", "my_ops.py")
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr.startswith("archdsl: the plugin 'my_ops.py'")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_plugin_that_is_not_there_is_wrong_usage(folder: Path) -> None:
    done = archdsl(folder, None, "check", "n.arch", "--plugin", "your_ops.py")
    assert done.returncode == 2
    assert done.stderr == (
        "archdsl: the plugin 'your_ops.py' cannot be read: there is no such file\n"
    )
