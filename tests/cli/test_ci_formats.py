"""Findings in the formats of GitHub, SARIF and JUnit, as those who read them parse them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from archdsl.cli.main import main

WRONG = """network net {
    input 3x32x32
    conv(3x3, 16, padd=1)  # ü, 100 %
}
network other { input 3x32x32 -> skip { conv(3x3, 32) } }
"""
COMMAND = re.compile(r"::(error|warning) ([^:]+)::(.+)")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A file with two mistakes, whose name has to be escaped, and one without."""
    monkeypatch.chdir(tmp_path)
    Path("a, b 50%.arch").write_text(WRONG, "utf-8")
    Path("good.arch").write_text("network m { input 3x8x8 -> conv(3x3, 4) }\n", "utf-8")
    return ["a, b 50%.arch", "good.arch"]


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["check", *words]) == 1
    return capsys.readouterr().out


def as_json(files: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(printed([*files, "--format", "json"], capsys))
    assert len(found) == 2
    return found


def test_github_gets_one_command_for_each_finding(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    known = as_json(files, capsys)
    lines = printed([*files, "--format", "github"], capsys).splitlines()
    for line, finding in zip(lines, known, strict=True):
        parsed = COMMAND.fullmatch(line)
        assert parsed is not None
        assert parsed[1] == finding["severity"]
        given = dict(each.split("=") for each in parsed[2].split(","))
        assert unquote(given["file"]) == files[0]
        assert int(given["line"]) == finding["location"]["row"]
        assert int(given["col"]) == finding["location"]["column"]
        assert given["title"] == f"archdsl {finding['code']}"
        assert unquote(parsed[3]).startswith(finding["message"])


def test_sarif_has_the_findings_with_their_fixes(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    known = as_json(files, capsys)
    log = json.loads(printed([*files, "--format", "sarif"], capsys))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    for result, finding in zip(run["results"], known, strict=True):
        assert result["ruleId"] == finding["code"]
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == finding["code"]
        assert result["level"] == finding["severity"]
        (place,) = result["locations"]
        physical = place["physicalLocation"]
        assert unquote(physical["artifactLocation"]["uri"]) == files[0]
        begins, ends = finding["location"], finding["end_location"]
        assert physical["region"] == {
            "startLine": begins["row"],
            "startColumn": begins["column"],
            "endLine": ends["row"],
            "endColumn": ends["column"],
        }
        contents = [
            change["replacements"][0]["insertedContent"]["text"]
            for fix in result.get("fixes", ())
            for change in fix["artifactChanges"]
        ]
        assert contents == [edit["content"] for edit in (finding["fix"] or {"edits": []})["edits"]]


def test_sarif_of_a_path_from_the_root_is_a_uri(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(files[0]).resolve()
    log = json.loads(printed([str(path), "--format", "sarif"], capsys))
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == path.as_uri()


def test_sarif_has_no_two_equal_related_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.arch"
    path.write_text("block b(n) { b(n + 1) }\nnetwork net { input 3x8x8 -> b(1) }\n", "utf-8")
    log = json.loads(printed([str(path), "--format", "sarif"], capsys))
    related = log["runs"][0]["results"][0]["relatedLocations"]
    assert len({json.dumps(each) for each in related}) == len(related) > 1


def test_junit_counts_findings_as_failed_tests(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    known = as_json(files, capsys)
    root = ET.fromstring(printed([*files, "--format", "junit"], capsys))
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    cases = root.findall("testsuite/testcase")
    failures = [failure for case in cases for failure in case.findall("failure")]
    assert [each.get("type") for each in failures] == [each["code"] for each in known]
    assert [each.get("message") for each in failures] == [each["message"] for each in known]
    assert cases[-1].get("classname") == "good.arch"


@pytest.mark.parametrize("form", ["github", "sarif", "junit"])
def test_no_finding_is_no_failure(
    form: str, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", files[1], "--format", form]) == 0
    assert "error" not in capsys.readouterr().out
