"""An op of a plugin that returns nonsense: one line names the plugin, the method and the result."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.running import archdsl

PLUGIN = """
from dataclasses import dataclass

from archdsl.ops import Op, TorchForm, Weight, call


@dataclass(frozen=True)
class Odd(Op):
    word = "odd"

    def infer(self, inputs):
        return inputs[0]

    def weights(self, inputs):
        return ()

    def macs(self, inputs, output):
        return 0

    def torch(self, inputs, in_place):
        return TorchForm(call("nn.Mish"), call("F.mish"))
"""
RESULTS = {
    "infer": ("inputs[0]", "None", "'3x8x8'", "(8,) * 2", "(3.5, 8, 8)", "(0, 8, 8)", "[3, 8, 8]"),
    "weights": ("()", "None", "'weight'", "(3,)", "(('weight', (3,)),)", "Weight('weight', (3,))"),
    "macs": ("0", "None", "'many'", "-1", "0.5"),
    "torch": (
        'TorchForm(call("nn.Mish"), call("F.mish"))', "None", "'nn.Mish'", "TorchForm()",
        "TorchForm('nn.Mish')",
    ),
}  # fmt: skip
NONSENSE = [(method, text) for method, (_, *others) in RESULTS.items() for text in others]


def write(folder: Path, method: str = "", result: str = "") -> None:
    text = PLUGIN
    if method:
        usual = RESULTS[method][0]
        head, body = text.split(f"    def {method}(")
        text = f"{head}    def {method}({body.replace(f'return {usual}', f'return {result}', 1)}"
    (folder / "plugin.py").write_text(text)
    (folder / "n.arch").write_text("network n { input 3x8x8 -> odd -> conv(1x1, 2) }\n")


def test_what_the_methods_should_return_is_accepted(tmp_path: Path) -> None:
    write(tmp_path)
    done = archdsl(tmp_path, None, "compile", "n.arch", "--plugin", "plugin.py")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("method", "result"), NONSENSE)
def test_a_result_of_the_wrong_type_is_blamed_on_the_plugin(
    method: str, result: str, tmp_path: Path
) -> None:
    write(tmp_path, method, result)
    command = "compile" if method == "torch" else "summary"
    done = archdsl(tmp_path, None, command, "n.arch", "--plugin", "plugin.py")
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith(f"archdsl: the plugin 'plugin.py': `odd.{method}` must return ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "generated").exists()
