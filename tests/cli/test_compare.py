"""`archdsl compare`, as a user runs it."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from archdsl.cli.main import main

TWO = """
block part(width, groups = 1) { conv(3x3, width, groups=groups) }
network first(unit = part) { input 4x8x8 -> unit(8) -> relu }
network second(n) { input 4x8x8 -> conv(3x3, n) }
network third = second(6)
"""


@pytest.fixture
def two(tmp_path: Path) -> str:
    path = tmp_path / "two.arch"
    path.write_text(TWO, "utf-8")
    return str(path)


def data(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["compare", *words, "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert not captured.err
    return json.loads(captured.out)


def labels(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    return [each["network"] for each in data(capsys, *words)]


def test_shipped_networks_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    small, large = data(capsys, "resnet18", "vgg16")
    assert (small["params"], small["macs"], small["depth"]) == (11_689_512, 1_814_073_344, 18)
    assert (large["params"], large["macs"], large["depth"]) == (138_357_544, 15_470_264_320, 16)
    assert (small["top1"], large["top1"]) == (69.758, 71.592)


def test_a_file_gives_all_its_complete_networks(
    capsys: pytest.CaptureFixture[str], two: str
) -> None:
    assert labels(capsys, two) == ["first", "third"]


def test_a_file_gives_one_network_by_name(capsys: pytest.CaptureFixture[str], two: str) -> None:
    assert labels(capsys, f"{two}:third") == ["third"]


def test_arguments_make_variants(capsys: pytest.CaptureFixture[str], two: str) -> None:
    found = data(
        capsys, f"{two}:second(10)", f"{two}:first(groups=2)", f"{two}:first(unit=part(groups=4))"
    )
    assert [each["params"] for each in found] == [4 * 90 + 10, 2 * 72 + 8, 72 + 8]
    assert [each["network"] for each in found][:2] == ["second(10)", "first(groups=2)"]


def test_networks_of_one_name_tell_their_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("old", "new"):
        (tmp_path / f"{name}.arch").write_text("network n { input 4x8x8 -> conv(3x3, 4) }\n")
    words = [str(tmp_path / f"{name}.arch") for name in ("old", "new")]
    assert labels(capsys, *words) == ["old.arch:n", "new.arch:n"]


def test_accuracy_belongs_to_the_shipped_network_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "own.arch"
    own.write_text("from resnet import resnet34\nnetwork resnet18 = resnet34(classes=10)\n")
    for words in (
        ["resnet18(classes=10)"],
        ["resnet18", "--input", "3x64x64"],
        [f"{own}:resnet18"],
        [str(own)],
    ):
        assert [each["top1"] for each in data(capsys, *words)] == [None]


def test_every_format_has_the_same_numbers(capsys: pytest.CaptureFixture[str], two: str) -> None:
    expected = data(capsys, two, "vgg19")
    texts = {}
    for style in ("csv", "md", "table"):
        assert main(["compare", two, "vgg19", "--format", style]) == 0
        texts[style] = capsys.readouterr().out
    rows = list(csv.DictReader(StringIO(texts["csv"])))
    assert [row["macs"] for row in rows] == [str(each["macs"]) for each in expected]
    assert [row["top1"] for row in rows] == ["", "", "72.376"]
    for style in ("md", "table"):
        lines = [line for line in texts[style].splitlines() if "3x224x224" in line]
        assert len(lines) == 1
        assert "19,632,062,464" in lines[0]
        assert "72.4 %" in lines[0]
        assert "268 px" in lines[0]


def test_a_plot_is_written_beside_the_table(
    capsys: pytest.CaptureFixture[str], two: str, tmp_path: Path
) -> None:
    path = tmp_path / "charts" / "c.svg"
    assert main(["compare", two, "resnet18", "--plot", str(path)]) == 0
    captured = capsys.readouterr()
    assert "resnet18" in captured.out
    assert str(path) in captured.err
    text = ElementTree.tostring(ElementTree.parse(path).getroot(), encoding="unicode")
    for name in ("first", "third", "resnet18", "IMAGENET1K_V1"):
        assert name in text


def test_axes_can_be_chosen(capsys: pytest.CaptureFixture[str], two: str, tmp_path: Path) -> None:
    path = tmp_path / "c.svg"
    assert main(["compare", two, "--plot", str(path), "--x", "params", "--y", "depth"]) == 0
    assert "Depth against parameters" in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("resnet05", "did you mean `resnet56`"),
        ("missing.arch:net", "there is no file 'missing.arch'"),
        ("resnet50(groups=)", "resnet50(groups=): "),
        ("resnet50(1) + (2)", "write NETWORK(NAME=VALUE, …)"),
    ],
)
def test_a_word_that_means_no_network_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], word: str, part: str
) -> None:
    assert main(["compare", "resnet18", word]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert part in captured.err


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("resnet50(grups=2)", "did you mean `groups`"),
        ("resnet50(groups=0)", "A205"),
        ("resnet", "still needs `unit` and `layers`"),
        ("resnet50(1, 2, 3, 4)", "takes at most 3 arguments"),
    ],
)
def test_a_variant_with_a_mistake_is_a_finding(
    capsys: pytest.CaptureFixture[str], word: str, part: str
) -> None:
    assert main(["compare", "resnet18", word]) == 1
    captured = capsys.readouterr()
    assert not captured.out
    assert part in captured.err


def test_a_plot_is_svg_or_png(two: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["compare", two, "--plot", "chart.gif"])
    assert ended.value.code == 2


def test_a_chart_without_a_network_to_draw_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], two: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.svg"
    assert main(["compare", two, "--plot", str(path), "--x", "top1"]) == 2
    assert "choose other axes" in capsys.readouterr().err
    assert not path.exists()
