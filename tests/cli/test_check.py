"""`archdsl check`: what it prints, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from archdsl import files
from archdsl.cli import output
from archdsl.cli.main import UsageError, main

GOOD = "network good { input 3x8x8 -> conv(3x3, 8, bias=false) -> bn -> relu }\n"
BAD = """# A block with a mistake.
block unit(width) {
    conv(3x3, width, strid=2)
}

network bad {
    input 64x56x56
    stage: unit(8)
    skip { conv(3x3, 128, /2) }
}
"""


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("bad.arch").write_text(BAD)
    return "bad.arch"


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["check", *words])
    output = capsys.readouterr()
    return code, output.out, output.err


def test_a_good_file_has_no_mistakes_and_exit_code_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "good.arch"
    path.write_text(GOOD)
    assert printed(capsys, str(path)) == (0, "no mistakes in 1 file\n", "")


def test_a_finding_shows_its_place_its_line_and_the_next_step(
    bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = printed(capsys, bad)
    assert code == 1
    assert not err
    assert (
        out
        == """\
error[A202]: `conv` has no argument `strid`
  --> bad.arch:3:22
  |
3 |     conv(3x3, width, strid=2)
  |                      ^^^^^
help: did you mean `stride`?

1 mistake in 1 file
"""
    )


def test_a_finding_inside_calls_shows_the_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("deep.arch").write_text(
        "block inner {\n    linear(3)\n}\nblock outer { inner }\n"
        "network deep {\n    input 3x8x8\n    stage: outer\n}\n"
    )
    _, out, _ = printed(capsys, "deep.arch")
    assert "  in `inner`, called at deep.arch:4:15\n" in out
    assert "  in `outer`, called at deep.arch:7:12\n" in out
    assert "  in network `deep`\n" in out


def test_json_has_the_field_names_of_ruff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("skip.arch").write_text(
        "network n {\n    input 64x56x56\n    skip { conv(3x3, 128, /2) }\n}\n"
    )
    code, out, _ = printed(capsys, "skip.arch", "--format", "json")
    (finding,) = json.loads(out)
    assert code == 1
    assert list(finding) == [
        "code",
        "severity",
        "message",
        "filename",
        "location",
        "end_location",
        "fix",
        "help",
        "notes",
        "chain",
    ]
    assert finding["code"] == "A302"
    assert finding["filename"] == "skip.arch"
    assert finding["location"] == {"row": 3, "column": 5}
    assert finding["end_location"] == {"row": 3, "column": 32}
    assert finding["fix"] == {
        "message": "project the shortcut with `conv(1x1, 128, /2)`",
        "applicability": "unsafe",
        "edits": [
            {
                "content": "skip conv(1x1, 128, /2)",
                "location": {"row": 3, "column": 5},
                "end_location": {"row": 3, "column": 9},
            }
        ],
    }
    assert [frame["name"] for frame in finding["chain"]] == ["n"]


def test_json_of_a_good_file_is_an_empty_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "good.arch"
    path.write_text(GOOD)
    assert printed(capsys, str(path), "--format", "json") == (0, "[]\n", "")


def test_several_files_are_counted_and_a_shared_mistake_is_shown_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("parts.arch").write_text("block unit { conv(3x3, 8) -> linear(3) }\n")
    for name in ("one", "two"):
        Path(f"{name}.arch").write_text(
            f"from parts import unit\nnetwork {name} {{ input 3x8x8 -> unit }}\n"
        )
    code, out, _ = printed(capsys, "one.arch", "two.arch", "parts.arch")
    assert code == 1
    assert out.count("error[A305]") == 1
    assert out.endswith("1 mistake in 3 files\n")


def test_a_dash_reads_standard_input() -> None:
    command = [sys.executable, "-m", "archdsl", "check", "-"]
    result = subprocess.run(command, input=BAD.encode(), capture_output=True, check=False)
    assert result.returncode == 1
    assert b"--> <stdin>:3:22" in result.stdout
    assert not result.stderr


def test_output_without_utf8_is_not_a_bug(tmp_path: Path) -> None:
    path = tmp_path / "bad.arch"
    path.write_text("network n { input 3x8x8 -> größe }\n", "utf-8")
    command = [sys.executable, "-m", "archdsl", "check", str(path)]
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)}
    result = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert result.returncode == 1
    assert not result.stderr


@pytest.mark.parametrize("words", [["nowhere.arch"], ["resnet.arhc"], [], ["--frmt", "x"]])
def test_what_cannot_be_read_is_wrong_usage(
    words: list[str], bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["check", *words])
    except SystemExit as stop:  # argparse
        code = int(stop.code or 0)
    assert code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_misspelt_file_is_offered(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = printed(capsys, "bat.arch")
    assert (code, out) == (2, "")
    assert "did you mean `bad.arch`?" in err


def test_an_unreadable_byte_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "binary.arch"
    path.write_bytes(b"network \xff")
    code, out, _ = printed(capsys, str(path))
    assert code == 1
    assert "error[A107]" in out


def test_a_bug_of_ours_is_exit_code_70(
    bad: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(argument: str) -> None:
        raise AssertionError("oops")

    monkeypatch.setattr(files, "given", broken)
    code, _, err = printed(capsys, bad)
    assert code == 70
    assert "please report it: oops" in err


# ------------------------------------------------------------------ the shipped library


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of one file, and a folder beside it to work in."""
    library, work = tmp_path / "library", tmp_path / "work"
    library.mkdir()
    work.mkdir()
    (library / "family.arch").write_text(
        "block unit(width) { conv(3x3, width) -> relu }\n"
        "network family8 { input 3x8x8 -> unit(8) }\n"
    )
    monkeypatch.setattr(files, "resource", lambda folder: library)
    monkeypatch.chdir(work)
    return work


def test_a_network_of_the_library_is_named_without_its_file(shipped: Path) -> None:
    found = files.given("family8")
    assert found.network == "family8"
    assert found.source.name.endswith("family.arch")


def test_a_misspelt_network_of_the_library_is_offered(shipped: Path) -> None:
    with pytest.raises(UsageError, match="did you mean `family8`"):
        files.given("famly8")


def test_imports_come_from_beside_the_file_before_the_library(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shipped / "mine.arch").write_text(
        "from family import unit\nnetwork mine { input 3x8x8 -> unit(8) }\n"
    )
    assert printed(capsys, "mine.arch")[0] == 0
    (shipped / "family.arch").write_text("block other { relu }\n")
    _, out, _ = printed(capsys, "mine.arch")
    assert "`family.arch` defines no `unit`" in out


def test_a_file_named_as_one_of_the_library_can_import_from_it(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shipped / "family.arch").write_text(
        "from family import unit\nnetwork mine { input 3x8x8 -> unit(8) }\n"
    )
    assert printed(capsys, "family.arch")[0] == 0


def test_a_misspelt_import_offers_files_of_both_places(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shipped / "mine.arch").write_text("from familly import unit\n")
    assert "did you mean `family`?" in printed(capsys, "mine.arch")[1]


def test_a_mistake_in_an_imported_binary_file_names_that_file(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shipped / "binary.arch").write_bytes(b"block \xff")
    (shipped / "mine.arch").write_text("from binary import unit\n")
    _, out, _ = printed(capsys, "mine.arch")
    assert "--> binary.arch:1:7" in out
    assert "note: imported here (mine.arch:1:6)" in out


# ------------------------------------------------------------------ writing


def test_writing_replaces_a_file_at_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "out.py"
    output.write(path, "a\n")
    output.write(path, "b\n")
    assert path.read_bytes() == b"b\n"
    assert [file.name for file in path.parent.iterdir()] == ["out.py"]


def test_writing_where_a_folder_stands_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        output.write(tmp_path, "text")
    assert list(tmp_path.iterdir()) == []


def test_a_known_fix_is_an_edit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = """network net { input 3x8x8
  convv(3x3, 4, strid=2)
  concat { | conv(1x1, 2) | maxpool(3x3, /1) -> conv(1x1, 2) }
  bn(epss=0.1) }
"""
    path = tmp_path / "net.arch"
    path.write_text(text)
    found = []
    for _ in range(4):  # each fix applied brings the next mistake to light, until there is none
        main(["check", "--format", "json", str(path)])
        findings = json.loads(capsys.readouterr().out)
        if not findings:
            break
        found += [finding["code"] for finding in findings]
        lines = path.read_text().splitlines()
        for finding in reversed(findings):
            (edit,) = finding["fix"]["edits"]
            row, start = edit["location"]["row"] - 1, edit["location"]["column"] - 1
            end = edit["end_location"]["column"] - 1
            lines[row] = lines[row][:start] + edit["content"] + lines[row][end:]
        path.write_text("\n".join(lines) + "\n")
    assert sorted(found) == ["A201", "A202", "A202", "A301"]
    assert "conv(3x3, 4, stride=2)" in path.read_text()
    assert "maxpool(3x3, /1, pad=1)" in path.read_text()
    assert "bn(eps=0.1)" in path.read_text()


# ------------------------------------------------------------------ many findings


def many(count: int) -> str:
    return "network n {\n    input 3x8x8\n" + "    conv(3x3, 8, strid=2)\n" * count + "}\n"


@pytest.mark.parametrize(
    ("count", "said"), [(200, "200 mistakes"), (201, "more than 200 mistakes")]
)
def test_a_search_that_stopped_is_reported(
    count: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many.arch"
    path.write_text(many(count))
    code, out, _ = printed(capsys, str(path))
    assert code == 1
    assert out.splitlines()[-2 if "can be" in out.splitlines()[-1] else -1] == f"{said} in 1 file"
    assert out.count("error[A202]") == 200
    assert out.count("error[A406]") == count - 200
    code, out, _ = printed(capsys, "--format", "json", str(path))
    assert [each["code"] for each in json.loads(out)][200:] == ["A406"] * (count - 200)


def test_a_broken_network_stops_compile_with_the_same_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many.arch"
    path.write_text(many(20_000))
    assert main(["compile", str(path), "-o", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.count("error[A406]") == 1
