"""Networks in a notebook, in a real IPython."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import archdsl
from archdsl.notebook import Mistakes

CELL = """
network tiny { input 3x8x8 -> conv(3x3, 4) -> relu }
network open(n) { input 3x8x8 -> conv(1x1, n) }
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "archdsl.notebook")
    yield shell
    InteractiveShell.clear_instance()


def test_a_loaded_network_shows_its_picture_and_summary(shell: InteractiveShell) -> None:
    data, _ = shell.display_formatter.format(archdsl.load("resnet18"))  # type: ignore[union-attr]
    assert ET.fromstring(data["image/svg+xml"]).get("id") == "resnet18"
    assert data["text/html"].startswith("<svg ")
    assert "11,689,512" in data["text/html"]
    assert "resnet18 on 3x224x224" in data["text/plain"]


def test_a_cell_shows_its_complete_networks(shell: InteractiveShell) -> None:
    with capture_output() as captured:
        shell.run_cell_magic("arch", "", CELL)
    (shown,) = captured.outputs
    assert 'id="tiny"' in shown.data["image/svg+xml"]


def test_a_cell_with_mistakes_shows_them(shell: InteractiveShell) -> None:
    with capture_output() as captured:
        shell.run_cell_magic("arch", "", CELL.replace("relu", "rellu"))
    assert "did you mean `relu`?" in captured.stdout
    assert not captured.outputs


def test_loading_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean `alexnet`"):
        archdsl.load("alexnett")
    wrong = tmp_path / "wrong.arch"
    wrong.write_text("network net { input 3x8x8 -> rellu }")
    with pytest.raises(Mistakes, match=r"wrong\.arch:1:30"):
        archdsl.load(str(wrong))
    wrong.write_text(CELL + "\nnetwork other = open(3)")
    with pytest.raises(ValueError, match="has tiny, other: say which"):
        archdsl.load(str(wrong))
    assert archdsl.load(str(wrong), "other").graph.name == "other"
