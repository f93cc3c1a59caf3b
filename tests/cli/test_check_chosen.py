"""`archdsl check` of one network, with other arguments and input sizes; and of many files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archdsl.cli.main import main

NETS = """network open(width) { input 3x32x32 -> conv(3x3, width, bias=false) }
network small = open(4)
network wide(width = 8) {
    input 3x32x32 -> conv(3x3, width, bias=true) -> bn  # noqa: L201
    expect params <= 250
}
expect small.params == 1
expect wide.params == 240
"""
SOUND = "network sound { input 1x8000 -> conv(9, 4) -> relu }\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nets.arch").write_text(NETS)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> object:
    def run(command: str) -> tuple[int, str, str]:
        code = main(["check", *command.split()])
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def test_one_network_is_checked_with_the_facts_about_it(check) -> None:
    code, out, _ = check("nets.arch --network small")
    assert code == 1
    assert "small.params is 108" in out
    assert check("nets.arch --network wide") == (0, "no mistakes in 1 file\n", "")


def test_an_open_network_is_checked_with_its_arguments(check) -> None:
    assert check("nets.arch --network open --set width=5")[0] == 0
    code, out, _ = check("nets.arch --network open --set width=0")
    assert (code, "error[A" in out) == (1, True)
    code, out, _ = check("nets.arch --network open")
    assert (code, "error[A219]" in out) == (1, True)


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_fact_that_other_arguments_break_is_a_note(style: str, check) -> None:
    code, out, err = check(f"nets.arch --network wide --set width=16 --format {style}")
    assert code == 0
    assert out == ("[]\n" if style == "json" else "no mistakes in 1 file\n")
    assert err == (
        "note: with these settings, nets.arch:5:12: this is not so: params <= 250 (params is 480)\n"
    )


def test_lints_and_shapes_are_of_the_given_size(check) -> None:
    Path("pool.arch").write_text("network pool { input 3x8x8 -> conv(3x3, 4) -> maxpool(2x2) }\n")
    assert check("pool.arch")[0] == 0
    code, out, _ = check("pool.arch --input 3x9x9 --strict")
    assert (code, "warning[L401]" in out) == (1, True)
    assert "A303" in check("pool.arch --input 3x1x1")[1]


def test_sizes_of_signals_can_be_given(check) -> None:
    Path("sound.arch").write_text(SOUND)
    assert check("sound.arch --input 1x16000")[0] == 0
    assert "write all 2 numbers: `--input 1x16000`" in check("sound.arch --input 16000")[1]


@pytest.mark.parametrize(
    ("size", "advice"),
    [
        ("64", "write all 3 numbers: `--input 3x64x64`"),
        ("3x64", "write all 3 numbers: `--input 3x64x64`"),
        ("64x48x3", "write the channels first: `--input 3x64x48`"),
    ],
)
def test_a_size_of_another_form_is_questioned(size: str, advice: str, check) -> None:
    code, out, _ = check(f"nets.arch --network wide --input {size}")
    assert code == 1
    assert "error[A311]" in out
    assert advice in out


def test_many_channels_on_few_columns_are_no_picture(check) -> None:
    assert check("nets.arch --network wide --input 64x8x3")[0] == 0


def test_fixes_are_for_whole_files(check) -> None:
    code, out, err = check("nets.arch --fix --set width=4")
    assert (code, out) == (2, "")
    assert "leave out" in err
    assert Path("nets.arch").read_text() == NETS


def test_a_file_that_cannot_be_read_does_not_end_the_check_of_others(check) -> None:
    Path("bad.arch").write_text("network bad { input 3x8x8 -> conv(3x3 4) }\n")
    code, out, err = check("missing.arch bad.arch nets.arch")
    assert code == 2
    assert "error[A101]" in out
    assert "small.params is 108" in out
    assert "2 mistakes in 2 files" in out
    assert err == "archdsl: there is no file 'missing.arch'\n"
    code, out, _ = check("missing.arch bad.arch --format json")
    assert (code, [each["code"] for each in json.loads(out)]) == (2, ["A101"])
