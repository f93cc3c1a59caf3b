"""`archdsl zoo`: the shipped networks, each with its paper and what it costs."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

import pytest

from archdsl.backends.report.paper import Paper, paper_of
from archdsl.cli.main import main
from tests.architectures.shipped import FACTS, NETWORKS


def output(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["zoo", *words]) == 0
    captured = capsys.readouterr()
    assert not captured.err
    return captured.out


def data(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    found = json.loads(output(capsys, *words, "--format", "json"))
    return {each["network"]: each for each in found}


def test_every_complete_network_of_the_library_is_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = data(capsys)
    assert sorted(listed) == sorted(NETWORKS)
    for name, fact in FACTS.items():
        if name in listed:
            assert fact["params"] in (listed[name]["params"], listed[name]["params_inference"])
            assert fact["macs"] == listed[name]["macs"]


def test_papers_follow_one_another_as_they_appeared(capsys: pytest.CaptureFixture[str]) -> None:
    years = [each["paper"]["year"] for each in data(capsys).values()]
    assert years == sorted(years)
    assert years[0] == 1998


def test_an_entry_has_the_paper_and_the_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert data(capsys, "googlenet") == {
        "googlenet": {
            "network": "googlenet",
            "input": "3x224x224",
            "params": 13_378_280,
            "params_inference": 6_998_552,
            "macs": 1_582_671_872,
            "paper": {
                "title": "Going deeper with convolutions",
                "authors": (
                    "Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich"
                ),
                "year": 2014,
                "arxiv": "1409.4842",
            },
        }
    }


def test_a_network_from_another_paper_than_its_file_has_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = data(capsys, "alexnet", "alexnet_owt")
    assert [found[name]["paper"]["year"] for name in ("alexnet", "alexnet_owt")] == [2012, 2014]
    assert found["alexnet"]["paper"]["arxiv"] == ""


@pytest.mark.parametrize("style", ["table", "json", "csv", "md"])
def test_every_format_shows_name_paper_and_costs(
    capsys: pytest.CaptureFixture[str], style: str
) -> None:
    text = output(capsys, "densenet12?", "--format", style)
    for part in ("densenet121", "3x224x224", "7978856", "2834161664", "Densely connected conv"):
        assert part in text.replace(",", "")
    assert "densenet169" not in text


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "wide*", "lenet5").splitlines()
    assert len({len(line) for line in lines if line.startswith("  ")}) == 1


def test_a_record_of_csv_can_be_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = csv.DictReader(StringIO(output(capsys, "wrn_28_10", "--format", "csv")))
    assert record["authors"] == "Zagoruyko, Komodakis"
    assert record["macs"] == "5243328768"


@pytest.mark.parametrize(
    ("word", "hint"),
    [("lenet", "did you mean `lenet5`?"), ("zzz*", "`archdsl zoo` lists all")],
)
def test_a_name_that_no_network_has_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], word: str, hint: str
) -> None:
    assert main(["zoo", word]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert hint in captured.err


def test_a_network_without_its_parameters_cannot_be_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["zoo", "densenet"]) == 2
    assert "parameters" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("doc", "paper"),
    [
        ("A title (One, Two 1999), as drawn.", Paper("A title", "One, Two", 1999)),
        ("Long\ntitle: it\nwraps (A, B\n2016, arXiv:1602.07360),\nsection 2.",
         Paper("Long title: it wraps", "A, B", 2016, "1602.07360")),
        ('The module of "Its paper" (A 2014, arXiv:1409.4842).',
         Paper("Its paper", "A", 2014, "1409.4842")),
        ('Head (A 2012).\n\n"Own" (B 2014): it.', Paper("Own", "B", 2014)),
        ("Head (A 2012).\n\nWith dropout (B 2014) it is better.", Paper("Head", "A", 2012)),
        ("No paper at all (or so).", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_paper_is_read_from_the_comments(doc: str, paper: Paper | None) -> None:
    assert paper_of(doc) == paper


def test_a_citation_shortens_three_authors_or_more() -> None:
    assert Paper("T", "A, B, C", 2016).cited == "T (A et al. 2016)"
    assert Paper("T", "A, B", 2016, "1605.07146").cited == "T (A, B 2016, arXiv:1605.07146)"
