"""`archdsl profile`, as a user runs it, and the devices that it knows."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from archdsl.analyses.device_rates import WIDTHS
from archdsl.cli.devices import shipped_devices
from archdsl.cli.main import main

NETWORK = "network tiny {\n    input 3x8x8\n    conv(3x3, 4) -> bn -> relu\n}\n"
MINE = 'name = "mine"\nbandwidth = 1e9\n[flops]\nfp32 = 1e12\n'


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.arch"
    path.write_text(NETWORK, "utf-8")
    return str(path)


def device(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text, "utf-8")
    return str(path)


def output(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["profile", *words]) == 0
    captured = capsys.readouterr()
    assert not captured.err
    return captured.out


def data(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(output(capsys, *words, "--format", "json"))


def test_energy_is_power_times_time(
    capsys: pytest.CaptureFixture[str], tiny: str, tmp_path: Path
) -> None:
    powered = device(tmp_path, "power = 50\n" + MINE)
    found = data(capsys, tiny, "--device", powered, "--batch", "10")["totals"]
    assert found["joules_per_image"] == pytest.approx(50 * found["seconds"] / 10)
    assert "At the power limit of 50 W this takes" in output(capsys, tiny, "--device", powered)
    unknown = device(tmp_path, MINE, "unknown.toml")
    assert data(capsys, tiny, "--device", unknown)["totals"]["joules_per_image"] is None
    assert "power" not in output(capsys, tiny, "--device", unknown)


def test_a_profile_by_hand(capsys: pytest.CaptureFixture[str], tiny: str, tmp_path: Path) -> None:
    found = data(capsys, tiny, "--device", device(tmp_path, MINE), "--batch", "10")
    moved = 4 * (10 * (3 * 64 + 4 * 64) + 4 * 27 + 4)
    (row,) = found["rows"]
    assert row["path"] == "conv1"
    assert row["ops"] == ["conv", "bn", "relu"]
    assert (row["flops"], row["bytes"]) == (10 * 2 * 4 * 64 * 27, moved)
    assert row["seconds"] == pytest.approx(moved / 1e9)
    assert row["bound"] == "memory"
    assert found["totals"]["images_per_second"] == pytest.approx(10 / (moved / 1e9))
    assert found["totals"]["memory_share"] == 1
    assert (found["device"], found["dtype"], found["fused"]) == ("mine", "fp32", True)


def test_json_and_toml_say_the_same(
    capsys: pytest.CaptureFixture[str], tiny: str, tmp_path: Path
) -> None:
    text = json.dumps({"name": "mine", "bandwidth": 10**9, "flops": {"fp32": 1e12}})
    one = data(capsys, tiny, "--device", device(tmp_path, text, "mine.json"))
    assert one == data(capsys, tiny, "--device", device(tmp_path, MINE))


def test_unfused_has_a_kernel_more(capsys: pytest.CaptureFixture[str], tiny: str) -> None:
    found = data(capsys, tiny, "--device", "h200", "--unfused")
    assert [row["ops"] for row in found["rows"]] == [["conv"], ["bn", "relu"]]


def test_narrow_numbers_move_in_half_the_time(
    capsys: pytest.CaptureFixture[str], tiny: str
) -> None:
    half, full = (
        data(capsys, tiny, "--device", "a100", "--dtype", dtype)["totals"]["bytes"]
        for dtype in ("bf16", "fp32")
    )
    assert 2 * half == full


def test_without_bf16_the_next_type_is_taken(capsys: pytest.CaptureFixture[str], tiny: str) -> None:
    assert data(capsys, tiny, "--device", "t4")["dtype"] == "fp16"
    assert data(capsys, tiny, "--device", "h200")["dtype"] == "bf16"


def test_the_table_ends_with_what_it_comes_to(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "resnet50", "--device", "h200-measured", "--batch", "256")
    assert text.startswith("resnet50, batch 256 in bf16 on NVIDIA H200 SXM, measured, fused\n")
    assert "at most 59,169 images/s" in text.splitlines()[-1]


@pytest.mark.parametrize("style", ["csv", "md"])
def test_other_formats_have_a_line_for_each_kernel(
    capsys: pytest.CaptureFixture[str], style: str
) -> None:
    rows = data(capsys, "resnet18", "--device", "h100")["rows"]
    text = output(capsys, "resnet18", "--device", "h100", "--format", style)
    if style == "csv":
        records = list(csv.DictReader(StringIO(text)))
        assert [record["path"] for record in records] == [row["path"] for row in rows]
        assert [float(record["seconds"]) for record in records] == [r["seconds"] for r in rows]
    else:
        assert sum(line.startswith("| ") for line in text.splitlines()) == len(rows) + 2


def test_a_network_that_moves_nothing_takes_no_time(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "idle.arch"
    path.write_text("network idle { input 3x8x8 -> identity }\n", "utf-8")
    assert "Nothing is computed or moved." in output(capsys, str(path), "--device", "h200")
    assert data(capsys, str(path), "--device", "h200")["rows"] == []


def test_several_networks_are_a_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "two.arch"
    path.write_text(NETWORK + NETWORK.replace("tiny", "other"), "utf-8")
    found = data(capsys, str(path), "--device", "h200")
    assert [each["network"] for each in found] == ["tiny", "other"]


# ------------------------------------------------------------------ devices


def test_shipped_devices_are_sound() -> None:
    found = shipped_devices()
    assert {"h200", "h200-measured", "h100", "a100", "rtx4090", "t4"} <= set(found)
    for device in found.values():
        assert device.source
        rates = device.flops
        narrower = [rates[dtype] for dtype in ("fp32", "tf32", "bf16", "fp8") if dtype in rates]
        assert narrower == sorted(narrower)
        assert set(rates) <= set(WIDTHS)
        assert 1e11 < device.bandwidth < 1e13


def test_devices_are_listed_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "--list-devices"]) == 0
    text = capsys.readouterr().out
    assert "h200: NVIDIA H200 SXM, 4.8 TB/s" in text
    assert "data sheet" in text


BROKEN = [
    ("", "no rates"),
    ("bandwidth = 1e9\n", "no rates: write a table `flops`"),
    ("[flops]\nfp32 = 1e12\n", "no `bandwidth`: write the bytes a second"),
    ("power = -1\n" + MINE, "`power` is not a number of joules a second"),
    (MINE.replace("1e9", '"fast"'), "`bandwidth` is not a number of bytes a second"),
    (MINE.replace("1e9", "true"), "`bandwidth` is not a number"),
    (MINE.replace("1e9", "nan"), "`bandwidth` is not a number"),
    (MINE.replace("1e9", "inf"), "`bandwidth` is not a number"),
    (MINE.replace("1e9", "-1"), "`bandwidth` is not a number"),
    (MINE.replace("1e9", "9" * 400), "`bandwidth` is not a number"),
    (MINE.replace("1e9", "9" * 5000), "is not toml"),
    (MINE.replace("1e12", "0"), "`flops.fp32` is not a number of operations a second"),
    (MINE.replace("fp32", "bf61"), "unknown type `bf61` in flops; did you mean `bf16`?"),
    (MINE.replace("bandwidth", "bandwith"), "unknown key `bandwith`; did you mean `bandwidth`?"),
    (MINE.replace("mine", "a|b"), "`name` is not plain text"),
    (MINE.replace('"mine"', "3"), "`name` is not plain text"),
    ("name = ", "is not toml"),
    ("a = " + "[" * 50_000, "is not toml"),
    ("#" * 200_000, "longer than 100,000 characters"),
]


@pytest.mark.parametrize(("text", "part"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_device_is_one_line_that_says_what_to_write(
    capsys: pytest.CaptureFixture[str], tiny: str, tmp_path: Path, text: str, part: str
) -> None:
    assert main(["profile", tiny, "--device", device(tmp_path, text)]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert part in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("text", ["[1, 2]", '"x"', "null", "[" * 100_000, "{"])
def test_json_that_is_no_device_is_too(
    capsys: pytest.CaptureFixture[str], tiny: str, tmp_path: Path, text: str
) -> None:
    assert main(["profile", tiny, "--device", device(tmp_path, text, "mine.json")]) == 2
    assert "mine.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--device", "h20"], "did you mean `h200`?"),
        (["--device", "../h200"], "there is no device"),
        (["--device", "missing.toml"], "cannot read 'missing.toml'"),
        (["--device", "t4", "--dtype", "bf16"], "no rate for bf16; it has `fp32`, `fp16`"),
    ],
)
def test_what_is_not_there_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], tiny: str, words: list[str], part: str
) -> None:
    assert main(["profile", tiny, *words]) == 2
    assert part in capsys.readouterr().err


@pytest.mark.parametrize("batch", ["0", "-1", "x", "1.5", "9" * 5000, "1000001"])
def test_a_batch_is_a_number_of_images(tiny: str, batch: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["profile", tiny, "--device", "h200", "--batch", batch])
    assert stopped.value.code == 2


def test_a_device_is_asked_for(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", tiny]) == 2
    assert "--device" in capsys.readouterr().err
