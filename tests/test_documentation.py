"""What the documents show is what the tools do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from archdsl.analyses.axis import Number
from archdsl.analyses.receptive_field import Field, last_spatial, receptive_fields
from tests.architectures.shipped import graph_of

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(\w+)( fails)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def blocks(document: str, language: str) -> list[tuple[bool, str]]:
    """The fenced blocks in a language, each with whether it shall fail."""
    found = FENCE.findall((ROOT / document).read_text())
    return [(bool(fails), text) for word, fails, text in found if word == language]


def check(text: str, folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    (folder / name).write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "archdsl", "check", name], cwd=folder, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "document", ["README.md", "docs/language.md", "docs/receptive_field.md", "docs/lints.md"]
)
def test_networks_in_the_documents_check(document: str, tmp_path: Path) -> None:
    for number, (fails, text) in enumerate(blocks(document, "arch")):
        done = check(text, tmp_path, f"n{number}.arch")
        assert done.returncode == int(fails), done.stdout + done.stderr


def test_the_readme_shows_the_shipped_file_and_what_comes_of_it() -> None:
    assert blocks("README.md", "arch")[0][1] == (ROOT / "architectures/resnext.arch").read_text()
    generated = (ROOT / "generated/resnext50_32x4d.py").read_text()
    assert blocks("README.md", "python")[0][1] in generated


def test_the_readme_shows_the_messages_as_they_are(tmp_path: Path) -> None:
    [wrong] = [text for fails, text in blocks("README.md", "arch") if fails]
    [(_, shown)] = blocks("README.md", "console")
    assert shown == "$ archdsl check wrong.arch\n" + check(wrong, tmp_path, "wrong.arch").stdout


def test_the_page_on_plugins_shows_what_works(tmp_path: Path) -> None:
    plugin, package, comparison = (text for _, text in blocks("docs/plugins.md", "python"))
    folder = ROOT / "tests/plugins/archdsl-attention"
    assert package == (folder / "archdsl_attention.py").read_text()
    assert blocks("docs/plugins.md", "toml") == [(False, (folder / "pyproject.toml").read_text())]
    (tmp_path / "my_ops.py").write_text(plugin)
    (tmp_path / "compare.py").write_text(comparison)
    [(_, network)] = blocks("docs/plugins.md", "arch")
    (tmp_path / "small.arch").write_text(network)
    [(_, console)] = blocks("docs/plugins.md", "console")
    commands = re.findall(r"^\$ archdsl (.*)$", console, re.MULTILINE)
    runs = [["-m", "archdsl", *command.split()] for command in commands]
    shown = ""
    for words in [*runs, ["compare.py"]]:
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        shown += done.stdout
    assert shown == re.sub(r"^\$.*\n", "", console, flags=re.MULTILINE)


def test_the_page_of_line_counts_is_what_is_counted() -> None:
    script = ROOT / "benchmarks/compactness.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout == (ROOT / "benchmarks/results/compactness.md").read_text()


def test_the_page_on_receptive_fields_has_the_numbers_that_are_computed() -> None:
    text = (ROOT / "docs/receptive_field.md").read_text()
    walk, networks = text.split("## Networks")
    steps = re.findall(r"^\| `(\S+)` \| [^|]*\| (\d+) \| (\d+) \| (\d+) \|$", walk, re.MULTILINE)
    shown = {path: list(map(int, numbers)) for path, *numbers in steps}
    resnet = graph_of("resnet18")
    fields = receptive_fields(resnet)
    first = {node.path: figures(fields[node.id])[:3] for node in resnet.nodes[:12]}
    assert len(shown) == 5
    assert shown.items() <= first.items()
    table = re.findall(r"^\| `(\w+)` \|((?: \d+ \|){4})$", networks, re.MULTILINE)
    assert len(table) == 15
    for name, cells in table:
        last = last_spatial(graph_of(name), receptive_fields(graph_of(name)))
        assert list(map(int, cells.split("|")[:-1])) == figures(last), name


def figures(field: Field | None) -> list[Number]:
    """Size, stride, padding and smallest size, which are the same along both axes."""
    assert field
    height, width = field.axes
    assert height
    assert width
    shown = [[a.size, a.stride, a.padding, a.smallest] for a in (height, width)]
    assert shown[0] == shown[1]
    return shown[0]


def test_the_lints_are_shown_as_they_are(tmp_path: Path) -> None:
    (_, text), *_ = blocks("docs/lints.md", "arch")
    [(_, shown)] = blocks("docs/lints.md", "console")
    assert shown == "$ archdsl check small.arch\n" + check(text, tmp_path, "small.arch").stdout


DOCUMENTS = """README.md CONTRIBUTING.md docs/architecture.md docs/language.md docs/plugins.md
    docs/memory.md docs/receptive_field.md docs/lints.md"""


@pytest.mark.parametrize("document", DOCUMENTS.split())
def test_links_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    missing = [t for t in LINK.findall((ROOT / document).read_text()) if not (folder / t).exists()]
    assert not missing
