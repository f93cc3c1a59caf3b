"""Wrong usage, help, examples and completion of the command line."""

from __future__ import annotations

import json
import shlex
import sys
from importlib import import_module
from pathlib import Path

import pytest
from process import shell

from archdsl.cli.main import main
from archdsl.cli.parser import COMMANDS, EXAMPLES, parser
from archdsl.version import __version__


@pytest.mark.parametrize(
    ("words", "usage", "message"),
    [
        ("chekc a.arch", "archdsl", "no command 'chekc'; did you mean `check`?"),
        ("--verison", "archdsl", "no option '--verison'; did you mean `--version`?"),
        ("--verbose", "archdsl", "no option '--verbose'\n"),
        ("check --strit a.arch", "archdsl check", "'--strit'; did you mean `--strict`?"),
        ("check --strit", "archdsl check", "'--strit'; did you mean `--strict`?"),
        ("profile a --devce=t4", "archdsl profile", "'--devce'; did you mean `--device`?"),
        ("check --str a.arch", "archdsl check", "there is no option '--str'"),
        ("summary a -x", "archdsl summary", "there is no option '-x'"),
        ("summary a --format jsno", "archdsl summary", "'jsno'; did you mean `json`?"),
        ("summary a --format xml", "archdsl summary", "`csv`, `md` and `latex`"),
        ("diff a.arch b.arch c.arch", "archdsl diff", "unexpected argument 'c.arch'"),
        ("check", "archdsl check", "required: FILE"),
        ("help chekc", "archdsl help", "did you mean `check`?"),
    ],
)
def test_a_usage_error_shows_the_usage_of_its_command_and_the_nearest_word(
    words: str, usage: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    shown = capsys.readouterr()
    assert ended.value.code == 2
    assert not shown.out
    assert shown.err.startswith(f"usage: {usage} [-h]")
    assert message in shown.err


def test_without_a_command_the_help_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(f"    {name} " in shown for name in COMMANDS)
    assert main(["help"]) == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_is_one_text_with_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["help", command]) == 0
    shown = capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert capsys.readouterr().out == shown
    for line, text in import_module(f"archdsl.cli.{command}").EXAMPLES:
        assert f"  {line}\n      {text}" in shown


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_examples_are_commands_that_can_be_typed(command: str | None) -> None:
    examples = import_module(f"archdsl.cli.{command}").EXAMPLES if command else EXAMPLES
    assert len(examples) >= 2, "write two examples or more in EXAMPLES"
    for line, _ in examples:
        words = shlex.split(line.removeprefix('eval "$(').removesuffix(')"').partition(" | ")[0])
        assert words.pop(0) == "archdsl"
        parser(words)[0].parse_args(words)


def test_the_doctor_prints_versions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--format", "json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["archdsl"] == __version__
    assert facts["python"].startswith(".".join(map(str, sys.version_info[:2])))
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["archdsl", __version__]


COMPLETE = r"""
words() {
    COMP_LINE="$1"; COMP_POINT=${#1}; COMP_TYPE=9; COMP_WORDS=($1)
    _python_argcomplete archdsl; printf '%s\n' "${COMPREPLY[@]}"
}
compopt() { :; }
"""


@pytest.mark.skipif(sys.platform == "win32", reason="bash")
def test_bash_completes_commands_options_values_and_networks(tmp_path: Path) -> None:
    wanted = {
        "archdsl chec": ["check"],
        "archdsl check --unsaf": ["--unsafe-fixes"],
        "archdsl summary resnet15": ["resnet152"],
        "archdsl summary mine": ["mine.arch"],
        "archdsl explain A30": ["A301", "A302"],
        "archdsl profile x --device h20": ["h200"],
    }
    (tmp_path / "mine.arch").touch()
    (tmp_path / "mine.txt").touch()
    program = tmp_path / "bin" / "archdsl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m archdsl "$@"\n')
    program.chmod(0o755)
    script = [
        f'unset -f archdsl; export PYTHONPATH="{Path.cwd()}" PATH="{program.parent}:$PATH"',
        f'cd "{tmp_path}"; eval "$(archdsl completion bash)"',
        COMPLETE,
        *(f'echo "$(words "{line}" | xargs)"' for line in wanted),
    ]
    shown = shell("\n".join(script)).stdout.splitlines()
    for (line, words), found in zip(wanted.items(), shown, strict=True):
        assert set(words) <= set(found.split())
        assert all(word.startswith(line.split()[-1]) for word in found.split())


@pytest.mark.parametrize("shown", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shown]) == 0
    assert "archdsl" in capsys.readouterr().out
