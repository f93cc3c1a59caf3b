"""`archdsl check` with lints: which run, what ignores them, what fails, and what `--fix` mends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archdsl.cli.main import main

WARNED = """\
network net {
    input 3x32x32
    conv(3x3, 12) -> bn -> relu
    relu
    flatten -> linear(10)
}
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("net.arch")
    path.write_text(WARNED)
    return path


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["check", *words])
    return code, capsys.readouterr().out


def codes(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The codes of what is found."""
    main(["check", "net.arch", "--format", "json", *words])
    return [finding["code"] for finding in json.loads(capsys.readouterr().out)]


# ------------------------------------------------------------------ which run, what fails


def test_warnings_are_told_and_fail_only_when_asked_to(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = printed(capsys, "net.arch", "--ignore", "L201")
    assert code == 0
    assert (
        out
        == """\
warning[L202]: `relu` changes nothing here
  --> net.arch:4:5
  |
4 |     relu
  |     ^^^^
note: `relu` makes nothing that `relu` would change (net.arch:3:28)
  |
3 |     conv(3x3, 12) -> bn -> relu
  |                            ----
  in network `net`
help: remove one of the two activations, or put `relu` where a layer comes between

no mistakes, 1 warning in 1 file
1 of them can be fixed with --fix
"""
    )
    assert printed(capsys, "net.arch", "--strict")[0] == 1
    assert printed(capsys, "net.arch", "--strict", "--ignore", "L201,L202")[0] == 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ["L201", "L202"]),
        (["--select", "L601"], ["L601"]),
        (["--select", "l2,L6"], ["L201", "L601", "L202"]),
        (["--select", "L202", "--select", "L601"], ["L601", "L202"]),
        (["--select", "ALL", "--ignore", "L2"], ["L601"]),
        (["--select", "DEFAULT,L6"], ["L201", "L601", "L202"]),
        (["--ignore", "ALL"], []),
    ],
)
def test_codes_and_their_beginnings_choose_what_runs(
    words: list[str], found: list[str], net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert codes(capsys, *words) == found


@pytest.mark.parametrize(
    ("word", "advice"),
    [("L999", "there is no lint"), ("A301", "always reported"), ("", "no lint"), ("L20l", "L20")],
)
def test_a_code_that_no_lint_has_is_wrong_usage(
    word: str, advice: str, net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "net.arch", "--select", word]) == 2
    assert advice in capsys.readouterr().err


def test_lints_are_silent_while_there_are_mistakes(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net.write_text(WARNED.replace("flatten", "flaten"))
    assert codes(capsys) == ["A201"]


def test_json_says_what_is_a_warning_and_which_fix_is_safe(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "net.arch", "--format", "json"]) == 0
    bias, again = json.loads(capsys.readouterr().out)
    assert (bias["severity"], again["severity"]) == ("warning", "warning")
    assert bias["fix"]["applicability"] == "unsafe"
    assert again["fix"]["applicability"] == "safe"
    assert again["location"] == {"row": 4, "column": 5}


def test_a_finding_in_an_imported_file_is_told_there_once(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("parts.arch").write_text("block unit { conv(3x3, 8) -> bn -> relu }\n")
    for name in ("one", "two"):
        text = f"from parts import unit\nnetwork {name} {{ input 3x32x32 -> unit -> unit }}\n"
        Path(f"{name}.arch").write_text(text)
    _, out = printed(capsys, "one.arch", "two.arch")
    assert out.count("warning[L201]") == 1
    assert "--> parts.arch:1:14" in out
    assert "found 2 times; first at `unit1.0` of `one`" in out
    Path("parts.arch").write_text("block unit { conv(3x3, 8) -> bn -> relu }  # noqa: L201\n")
    assert printed(capsys, "one.arch", "two.arch")[1] == "no mistakes in 2 files\n"


def test_the_shipped_library_has_nothing_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    shipped = sorted((Path(__file__).parent.parent.parent / "architectures").glob("*.arch"))
    code, out = printed(capsys, "--strict", *map(str, shipped))
    assert (code, out) == (0, f"no mistakes in {len(shipped)} files\n")


# ------------------------------------------------------------------ --fix


def fixed(text: str, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The text of a file after `check --fix`."""
    path = Path("net.arch")
    path.write_text(text)
    main(["check", "net.arch", "--fix", *words])
    capsys.readouterr()
    return path.read_text()


def test_a_safe_fix_is_applied_and_told(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = printed(capsys, "net.arch", "--fix", "--ignore", "L201")
    assert (code, out) == (
        0,
        "fixed[L202]: remove `relu` at net.arch:4:5\nno mistakes, 1 fixed in 1 file\n",
    )
    assert net.read_text() == WARNED.replace("    relu\n", "")


def test_a_fix_that_changes_keys_waits_for_permission(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "conv(3x3, 12) ->" in fixed(WARNED, capsys)
    assert "conv(3x3, 12, bias=false) ->" in fixed(WARNED, capsys, "--unsafe-fixes")


def test_a_fix_that_would_break_a_fact_is_not_applied(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = WARNED.replace("}", "    expect conv1.params == 12 * 28\n}")
    assert "conv(3x3, 12) ->" in fixed(text, capsys, "--unsafe-fixes")


def test_removing_a_layer_that_numbers_others_is_not_safe(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In an unlabelled chain `relu` counts: the key `f.3.weight` would become `f.2.weight`."""
    chain = "conv(3x3, 8) -> relu -> relu -> conv(3x3, 8)"
    text = f"network n {{\n    input 3x32x32\n    f: {{ {chain} }}\n}}\n"
    assert fixed(text, capsys) == text


def test_what_only_some_uses_of_a_place_need_is_not_fixed(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the first conv `relu` changes something, after the block's own `relu` nothing."""
    text = (
        "block unit {\n    first: relu -> c: conv(3x3, 8) -> relu\n    relu\n}\n"
        "block act { relu }\n"
        "network n {\n    input 3x32x32\n    conv(3x3, 8) -> act -> unit\n    act\n}\n"
    )
    assert fixed(text, capsys) == text.replace("    relu\n", "")
    assert "found 1 of 2 times" in printed(capsys, "net.arch")[1]


def test_of_several_fixes_those_that_hold_are_applied(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "network n {\n    input 3x32x32\n    conv(3x3, 8) -> relu -> relu\n"
        "    f: { conv(3x3, 8) -> relu -> relu -> conv(3x3, 8) }\n    relu -> relu\n}\n"
    )
    done = text.replace("-> relu -> relu\n    f", "-> relu\n    f").replace(
        "\n    relu -> relu", "\n    relu"
    )
    assert fixed(text, capsys) == done


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("conv(3x3, 8) -> relu -> relu", "conv(3x3, 8) -> relu"),
        ("conv(3x3, 8)\n    -> relu\n    -> relu", "conv(3x3, 8)\n    -> relu"),
        ("conv(3x3, 8) -> relu\n    relu -> bn", "conv(3x3, 8) -> relu\n    bn"),
        ("conv(3x3, 8) -> relu\n    relu  # why?\n", "conv(3x3, 8) -> relu\n    relu  # why?\n"),
        ("conv(3x3, 8) -> relu -> last: relu", "conv(3x3, 8) -> relu -> last: relu"),
        ("conv(3x3, 8) -> bn  # noqa: L201, L202", "conv(3x3, 8) -> bn  # noqa: L201"),
        ("conv(3x3, 8)  # one  # noqa: L202  two", "conv(3x3, 8)  # one"),
    ],
)
def test_edits_keep_the_rest_as_it_was_written(
    before: str, after: str, net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "network n {{\r\n    input 3x32x32\r\n    {}\r\n}}\r\n"
    net.write_bytes(text.format(before.replace("\n", "\r\n")).encode())
    main(["check", "net.arch", "--fix"])
    capsys.readouterr()
    assert net.read_bytes().decode() == text.format(after.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("conv(3x3, 8)", "conv(3x3, 8, bias=false)"),
        ("conv(3x3, 8,)", "conv(3x3, 8, bias=false)"),
        ("conv(3x3, 8, bias=true)", "conv(3x3, 8, bias=true)"),
        ("stem: conv(3x3, 8)", "stem: conv(3x3, 8, bias=false)"),
        ("default conv(3x3, 8)\n    conv", "default conv(3x3, 8)\n    conv(bias=false)"),
        ("default conv(3x3, 8)\n    conv()", "default conv(3x3, 8)\n    conv(bias=false)"),
    ],
)
def test_an_argument_is_added_where_the_call_does_not_set_it(
    before: str, after: str, net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "network n {{\n    input 3x32x32\n    {} -> bn -> relu\n}}\n"
    assert fixed(text.format(before), capsys, "--unsafe-fixes") == text.format(after)


def test_labels_are_added_with_the_names_that_the_layers_have(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "network n {\n    input 3x32x32\n    conv(3x3, 8) -> relu\n"
        "    conv(3x3, 8) -> last: conv(1x1, 2)\n}\n"
    )
    done = text.replace("    conv(3x3, 8) -> relu", "    conv1: conv(3x3, 8) -> relu")
    done = done.replace("    conv(3x3, 8) -> last", "    conv2: conv(3x3, 8) -> last")
    assert fixed(text, capsys, "--select", "L102") == done


def test_misspelt_names_are_fixed_with_permission(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = WARNED.replace("flatten", "flaten").replace("conv(", "convv(")
    assert fixed(text, capsys) == text
    done = WARNED.replace("12)", "12, bias=false)").replace("    relu\n", "")
    assert fixed(text, capsys, "--unsafe-fixes") == done


def test_what_is_no_file_of_the_author_is_not_changed(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "resnet18", "--fix"]) == 2
    assert "shipped library" in capsys.readouterr().err


def test_a_fix_keeps_the_mode_of_the_file_and_the_link_to_it(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net.chmod(0o640)
    Path("link.arch").symlink_to(net)
    printed(capsys, "link.arch", "--fix")
    assert Path("link.arch").is_symlink()
    assert "    relu\n" not in net.read_text()
    assert net.stat().st_mode & 0o777 == 0o640
