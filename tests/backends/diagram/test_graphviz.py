"""Graphviz in its own process: the limit on its time, what fails, and `dot` in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.backends.diagram import graphviz
from archdsl.backends.diagram.dot import body_text
from archdsl.backends.diagram.graphviz import Graphviz, LayoutFailed

TEXT = body_text([(100.0, 40.0), (60.0, 20.0)], ["in0"], [("in0", 0, ""), (0, 1, "")])


def tangle(size: int) -> str:
    """A graph that Graphviz takes minutes for."""
    edges = "".join(
        f"n{a}->n{(a * 7919 + b * 104729) % size};" for a in range(size) for b in range(8)
    )
    return f"digraph {{ {edges} }}"


def test_places_are_in_pixels_and_downwards() -> None:
    with Graphviz() as engine:
        (placed,) = engine.place([TEXT])
    (x0, y0), (x1, y1) = placed.nodes["n0"], placed.nodes["n1"]
    assert x0 == pytest.approx(x1, abs=0.1)
    assert y1 - y0 == pytest.approx(20 + 20 + 10, abs=0.1)
    assert placed.nodes["in0"][1] < y0


def test_equal_texts_are_laid_out_once() -> None:
    with Graphviz() as engine:
        first, second, third = engine.place([TEXT, TEXT, TEXT])
    assert first is second is third


def test_a_layout_without_end_is_ended() -> None:
    with Graphviz(seconds=1.0) as engine, pytest.raises(LayoutFailed, match=r"more than 1 s"):
        engine.place([tangle(4000)])


def test_no_process_is_left_behind() -> None:
    with Graphviz() as engine:
        engine.place([TEXT])
        process = engine._process
    assert process is not None
    assert process.poll() is not None


# ------------------------------------------------------------------ without pygraphviz

# What `dot -Tplain` prints for two nodes of 1 inch below each other.
PLAIN = """graph 1 1 3
node n0 0.5 2.5 1 1 n0 solid ellipse black lightgrey
node n1 0.5 0.5 1 1 n1 solid ellipse black lightgrey
stop
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def unusable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pygraphviz that is installed but whose import fails."""
    child = tmp_path / "child" / "graphviz_process.py"
    child.parent.mkdir()
    text = graphviz.CHILD.read_text()
    begin = f"import sys\nsys.path.insert(0, {str(child.parent)!r})\n"
    child.write_text(text.replace("import sys\n", begin, 1))
    (child.parent / "pygraphviz.py").write_text("raise ImportError('libgvc.so.6')\n")
    monkeypatch.setattr(graphviz, "CHILD", child)


def with_dot(folder: Path, script: str) -> None:
    (folder / "dot").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "dot").chmod(0o755)


def test_dot_on_the_path_takes_its_place(path: Path) -> None:
    with_dot(path, f"printf '{PLAIN}'")
    with Graphviz(bundled=False) as engine:
        (placed,) = engine.place([TEXT])
    assert placed.nodes == {"n0": (36.0, 36.0), "n1": (36.0, 180.0)}


@pytest.mark.usefixtures("unusable")
def test_dot_takes_the_place_of_a_pygraphviz_that_cannot_be_imported(path: Path) -> None:
    with_dot(path, f"printf '{PLAIN}'")
    with Graphviz() as engine:
        (first,) = engine.place([TEXT])
        (second,) = engine.place([f"{TEXT} "])
    assert first == second
    assert first.nodes.keys() == {"n0", "n1"}


@pytest.mark.usefixtures("unusable")
@pytest.mark.parametrize("bundled", [True, False])
@pytest.mark.parametrize("there", [True, False])
def test_without_any_the_message_names_what_to_install(
    bundled: bool, there: bool, path: Path
) -> None:
    if there:
        (path / "dot").mkdir()  # cannot be run
    with Graphviz(bundled=bundled) as engine, pytest.raises(LayoutFailed) as failed:
        engine.place([TEXT])
    assert "pip install pygraphviz" in str(failed.value)
    assert "https://graphviz.org/download" in str(failed.value)


def test_a_dot_that_fails_or_hangs_is_one_message(path: Path) -> None:
    with_dot(path, "exit 7")
    with Graphviz(bundled=False) as engine, pytest.raises(LayoutFailed, match=r"layout \(7\)"):
        engine.place([TEXT])
    with_dot(path, "while :; do :; done")
    with (
        Graphviz(seconds=0.2, bundled=False) as engine,
        pytest.raises(LayoutFailed, match=r"more than 0.2 s"),
    ):
        engine.place([TEXT])
