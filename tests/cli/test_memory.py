"""`archdsl memory` and `archdsl summary --style cs231n`, as a user runs them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from archdsl.cli.main import main

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "archdsl/schemas/memory.schema.json").read_text("utf-8"))


def output(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 0
    captured = capsys.readouterr()
    assert not captured.err
    return captured.out


def data(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    found = json.loads(output(capsys, "memory", *words, "--format", "json"))
    jsonschema.validate(found, SCHEMA)
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_activations_grow_with_the_batch_and_weights_do_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, many = data(capsys, "resnet18", "--batch", "1,32")["sizes"]
    assert (one["batch"], many["batch"]) == (1, 32)
    for key in ("parameters", "gradients", "optimizer_state", "buffers"):
        assert one[key] == many[key]
    assert many["outputs"] == 32 * one["outputs"]
    assert all(many["alive"][k] == 32 * one["alive"][k] for k in ("generated", "order", "best"))
    assert 31 * one["saved"] < many["saved"] < 32 * one["saved"]  # statistics are of a batch


def test_the_rows_sum_to_the_totals(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "resnet18", "--batch", "3")
    [size] = found["sizes"]
    kept = sum(3 * row["saved"] + row["saved_per_batch"] for row in found["rows"])
    assert size["saved"] == kept
    assert size["training"] == kept + sum(
        size[key] for key in ("parameters", "gradients", "optimizer_state", "buffers")
    )
    held = size["parameters"] + size["buffers"] + size["alive"]["generated"]
    assert size["inference"] == held


def test_a_type_of_half_the_width_needs_half_but_for_indices(
    capsys: pytest.CaptureFixture[str],
) -> None:
    single, half = (data(capsys, "vgg16", "--dtype", t)["sizes"][0] for t in ("fp32", "bf16"))
    assert half["parameters"] * 2 == single["parameters"]
    indices = 8 * sum(n * n * c for n, c in ((112, 64), (56, 128), (28, 256), (14, 512), (7, 512)))
    assert (half["saved"] - indices) * 2 == single["saved"] - indices


def test_the_optimizer_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    sgd, adam = (data(capsys, "resnet18", "--optimizer", o)["sizes"][0] for o in ("sgd", "adam"))
    assert sgd["optimizer_state"] == 0
    assert adam["optimizer_state"] == 2 * adam["parameters"] + 4 * 62  # 62 tensors, a step each


def test_several_networks_are_a_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "two.arch"
    path.write_text("network a { input 3x8x8 -> relu }\nnetwork b { input 4 -> linear(2) }\n")
    assert [each["network"] for each in data(capsys, str(path))] == ["a", "b"]
    text = output(capsys, "memory", str(path))
    assert text.index("a on 3x8x8, fp32, momentum") < text.index("b on 4, fp32, momentum")


def test_every_op_has_a_line_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    plain, long = (output(capsys, "memory", "lenet5", *words) for words in ((), ("--ops",)))
    assert long.startswith(plain.rstrip("\n"))
    assert re.search(r"^tanh1 +6x28x28 +18,816 +18,816$", long, re.MULTILINE)


@pytest.mark.parametrize("batch", ["0", "-1", "x", "1,", "", "9" * 11, "1,²", "2000000000"])
def test_a_batch_is_a_number_from_one(capsys: pytest.CaptureFixture[str], batch: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["memory", "lenet5", f"--batch={batch}"])
    assert ended.value.code == 2
    assert "--batch" in capsys.readouterr().err


def test_a_mistake_leaves_nothing_on_standard_output(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "bad.arch"
    path.write_text("network bad { input 3x8x8 -> convv(3x3, 4) }\n")
    assert main(["memory", str(path)]) == 1
    captured = capsys.readouterr()
    assert not captured.out
    assert "did you mean `conv`" in captured.err


def test_the_lectures_table_has_no_other_format(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("--format", "json"), ("--depth", "1"), ("--by-kind",), ("--dtype", "bf16")):
        assert main(["summary", "vgg16", "--style", "cs231n", *words]) == 2
        assert "--style cs231n is a table of its own" in capsys.readouterr().err


def test_memory_needs_neither_torch_nor_tables() -> None:
    code = (
        "import sys; from archdsl.cli.main import main; main(['memory', 'lenet5']);"
        "print([m for m in ('rich', 'torch', 'jinja2', 'networkx') if m in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
