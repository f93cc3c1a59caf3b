"""A command that works network by network refuses files with very many of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl import driver
from archdsl.cli.main import main
from archdsl.driver import MOST_NETWORKS

COMMANDS = (
    "summary {}",
    "memory {}",
    "profile {} --device a100",
    "compile {} -o written",
    "compile {} -o written --target inference",
    "render {} -o written",
    "compare {}",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, count in (("most", MOST_NETWORKS), ("more", MOST_NETWORKS + 1)):
        networks = [f"network n{i} {{ input 3x8x8 -> conv(3x3, 8) }}\n" for i in range(count)]
        Path(f"{name}.arch").write_text(
            "network open(c) { input 3x8x8 -> conv(3x3, c) }\n" + "".join(networks)
        )


@pytest.mark.parametrize("command", COMMANDS)
def test_one_message_names_the_limit_and_nothing_is_written(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command.format("more.arch").split()) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("error[") == 1
    assert "error[A407]" in err
    assert f"at most {MOST_NETWORKS}" in err
    assert f"more.arch:{MOST_NETWORKS + 2}:9" in err
    assert "--network NAME" in err
    assert not Path("written").exists()


def test_a_check_takes_all_and_one_may_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "more.arch"]) == 0
    assert main(["summary", "more.arch", "--network", f"n{MOST_NETWORKS}"]) == 0
    assert main(["compare", f"more.arch:n{MOST_NETWORKS}"]) == 0
    assert main(["memory", "most.arch"]) == 0


def test_a_variant_of_a_variant_and_so_on_is_as_many_networks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    variants = "".join(f"network n{i} = n{i - 1}(c={i})\n" for i in range(1, 500))
    Path("chain.arch").write_text("network n0(c=8) { input 3x8x8 -> conv(3x3, c) }\n" + variants)
    assert main(["summary", "chain.arch"]) == 1
    assert "the file has 500 networks" in capsys.readouterr().err
    assert main(["summary", "chain.arch", "--network", "n499"]) == 0


def test_networks_with_very_many_nodes_are_refused_together(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three networks of which two are as many as one command takes, and a single one of more."""
    monkeypatch.setattr(driver, "MOST_NODES", 200)
    half = "{ input 3x8x8 -> repeat 99 { relu } }\n"
    Path("three.arch").write_text("".join(f"network n{i} {half}" for i in range(3)))
    Path("one.arch").write_text(f"network n {half.replace('relu', 'relu -> relu -> relu')}")
    for command in COMMANDS:
        assert main(command.format("three.arch").split()) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("error[") == 1
        assert "error[A408]: the networks up to this one have 300 nodes" in err
        assert "at most 200 of a file" in err
        assert "three.arch:3:9" in err
        assert "--network NAME" in err
    assert main(["memory", "one.arch"]) == 1
    assert "check the repeat counts for a typo" in capsys.readouterr().err
    assert not Path("written").exists()
    for command in ("check three.arch one.arch", "memory three.arch --network n2"):
        assert main(command.split()) == 0
