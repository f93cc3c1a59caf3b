"""Graphviz in its own process: the limit on its time, what fails, and `dot` in its place."""

from __future__ import annotations

import shutil

import pytest

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


def test_dot_on_the_path_takes_its_place() -> None:
    """Where there is no `dot` either, the message says what to install."""
    with Graphviz(bundled=False) as engine:
        if shutil.which("dot") is None:
            with pytest.raises(LayoutFailed, match="pip install pygraphviz"):
                engine.place([TEXT])
            return
        (by_dot,) = engine.place([TEXT])
    with Graphviz() as engine:
        (bundled,) = engine.place([TEXT])
    assert by_dot.nodes.keys() == bundled.nodes.keys()
