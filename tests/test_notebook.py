"""Networks in a notebook: a real one, run by a real kernel and exported to HTML."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

CELLS = {
    "extension": "import archdsl\n%load_ext archdsl.notebook",
    "blocks": "%%arch\nblock unit(width) {\n    conv(3x3, width) -> bn -> relu\n}",
    "networks": """%%arch --level network
network tiny { input 3x8x8 -> unit(4) -> unit(8) -> expect params == 3 }
network open(n) { input 3x8x8 -> conv(1x1, n) }""",
    "facts": "%%arch\nexpect tiny.macs < 100",
    "bound": "tiny.params",
    "again": "%%arch --no-picture\nblock unit(width) { conv(1x1, width) }\nnetwork small = tiny",
    "mistake": "%%arch\nnetwork wrong { input 3x8x8 -> unitt(3) }",
    "option": "%%arch --levle stage\nnetwork other { input 3x8x8 -> relu }",
    "level": "%%arch other --level stagee\nnetwork other = tiny",
    "loaded": "archdsl.load('lenet5')",
    "sweep": "archdsl.sweep('resnet18', classes=[10, 100])",
}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """A notebook with an output below each cell."""
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(text) for text in CELLS.values()]
    folder = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
    NotebookClient(made, kernel_name="python3", resources=folder, timeout=300).execute()
    return made


def outputs(notebook: nbformat.NotebookNode, name: str) -> list[nbformat.NotebookNode]:
    return list(notebook.cells[list(CELLS).index(name)].outputs)


def printed(notebook: nbformat.NotebookNode, name: str) -> str:
    return "".join(each.text for each in outputs(notebook, name) if each.output_type == "stream")


def shown(notebook: nbformat.NotebookNode, name: str) -> list[str]:
    pages = (each.get("data", {}).get("text/html") for each in outputs(notebook, name))
    return [page for page in pages if page is not None]


def test_a_cell_of_blocks_names_them(notebook: nbformat.NotebookNode) -> None:
    assert printed(notebook, "blocks") == "defined unit\n"
    assert not shown(notebook, "blocks")


def test_a_cell_shows_its_complete_networks_once(notebook: nbformat.NotebookNode) -> None:
    [page] = shown(notebook, "networks")
    assert page.startswith("<svg ")
    assert 'id="tiny"' in page
    assert page.count("<table") == 1


def test_facts_and_lints_are_shown_with_the_cell_and_the_line(
    notebook: nbformat.NotebookNode,
) -> None:
    text = printed(notebook, "networks")
    assert "error[A501]: this is not so: params == 3\n  --> <cell 3>:2:" in text
    assert "warning[L201]" in text
    assert "--> <cell 2>:3:5" in text
    assert "error[A501]: this is not so: tiny.macs < 100\n  --> <cell 4>:2:8" in printed(
        notebook, "facts"
    )


def test_a_network_is_bound_to_its_name(notebook: nbformat.NotebookNode) -> None:
    [result] = outputs(notebook, "bound")
    weights = 9 * 3 * 4 + 4 + 2 * 4, 9 * 4 * 8 + 8 + 2 * 8
    assert result.data["text/plain"] == str(sum(weights))


def test_a_block_may_be_defined_again_and_earlier_networks_keep_theirs(
    notebook: nbformat.NotebookNode,
) -> None:
    [page] = shown(notebook, "again")
    assert page.startswith("<table")
    assert "conv(3x3, 4)" not in printed(notebook, "again")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mistake", "<cell 7>:2:32"),
        ("mistake", "did you mean `unit`?"),
        ("option", "unrecognized arguments: --levle"),
        ("level", "did you mean `stage`?"),
    ],
)
def test_mistakes_are_shown_as_text(
    notebook: nbformat.NotebookNode, name: str, message: str
) -> None:
    assert message in printed(notebook, name)
    assert "Traceback" not in printed(notebook, name)


def test_each_output_is_one_and_not_empty(notebook: nbformat.NotebookNode) -> None:
    for name in ("loaded", "sweep"):
        [page] = shown(notebook, name)
        assert re.search(r"\d", page)


def test_an_export_keeps_pictures_and_tables(notebook: nbformat.NotebookNode) -> None:
    page, _ = HTMLExporter().from_notebook_node(notebook)
    made = "".join(text for name in CELLS for text in shown(notebook, name))
    for part in ("<svg ", "<table ", "<td ", "text-align:right", 'id="tiny"', "11,181,642"):
        assert page.count(part) >= made.count(part) > 0
