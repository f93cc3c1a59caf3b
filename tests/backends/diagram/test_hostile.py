"""Texts of strangers stay texts, in every format; what comes out is well formed."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pygraphviz
import pytest

from archdsl import driver
from archdsl.backends.diagram import DiagramOptions, draw, render
from archdsl.backends.diagram.svg import as_svg
from archdsl.diagnostics import Sink, Source
from archdsl.ir import Graph
from tests.backends.diagram.geometry import SVG, problems
from tests.checking import library

HOSTILE = {
    "tags": "<b>bold</b><script>alert(1)</script>",
    "quotes": "'\\\" onload='alert(1)",
    "entities": "&amp; &lt; &#x1F600; &bogus;",
    "long": "W" * 5000,
    "right to left": "שלום עולם مرحبا",
    "overrides": "\u202eevil\u202c\u2066x\u2069\u200f",
    "emoji": "👩‍👩‍👧‍👦 🚀 é",
    "control": "a\x00b\x07c\x1bd\x7fe",
    "dot": "\\N\\G] ; node [label=<x>] } digraph {",
    "mermaid": '"] --> x["`**md**`"; click n1 call alert() %%{init}%% #quot;',
    "surrogate": "\ufffe\uffff\u0085\u2028",
}


def network(text: str) -> Graph:
    """A network whose file name and one argument are a stranger's text."""
    argument = text.replace("\\", "").replace('"', "").replace("\x00", "").replace("\u2028", "")
    argument = "".join(char for char in argument if char.isprintable())
    source = f"""
block unit(note, width) {{
    conv(3x3, width) -> conv(1x1, 2)
    if note == "" {{ relu }} -> conv(1x1, width) }}
network net {{
    input 3x8x8
    unit("{argument}", 4) -> conv(1x1, 4)
}}
"""
    sink = Sink()
    (found,) = driver.graphs(Source(text, source), library({}), sink, driver.Request())
    assert not sink
    return found


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("level", ["network", "block", "op"])
def test_an_svg_is_well_formed_and_holds_no_script(name: str, level: str) -> None:
    picture = as_svg(draw(network(HOSTILE[name]), DiagramOptions(level)))
    root = ET.fromstring(picture)
    allowed = {SVG + tag for tag in ("svg", "title", "desc", "style", "g", "rect", "path", "text")}
    assert {element.tag for element in root.iter()} <= allowed
    attributes = {key for element in root.iter() for key in element.attrib}
    assert not [key for key in attributes if key.startswith("on") or "href" in key]
    assert sorted(set(problems(picture))) == []


def test_a_hostile_text_is_there_as_text() -> None:
    root = ET.fromstring(render(network(HOSTILE["tags"]), "svg", DiagramOptions("network")))
    written = [element.text or "" for element in root.iter(SVG + "text")]
    assert any(text.startswith("<b>bold</b>") for text in written)


@pytest.mark.parametrize("name", HOSTILE)
def test_dot_is_read_by_graphviz_as_the_same_cards(name: str) -> None:
    plain = pygraphviz.AGraph(string=render(network("plain"), "dot").decode())
    found = pygraphviz.AGraph(string=render(network(HOSTILE[name]), "dot").decode())
    assert found.nodes() == plain.nodes()
    assert found.edges() == plain.edges()


@pytest.mark.parametrize("name", HOSTILE)
def test_mermaid_has_its_own_lines_only(name: str) -> None:
    plain = render(network("plain"), "mermaid").decode().splitlines()
    found = render(network(HOSTILE[name]), "mermaid").decode().splitlines()
    assert len(found) == len(plain)
    for line in found:
        assert line.count('"') in (0, 2)
        assert not set("<>`") & set(line.replace("<br/>", "").replace("-->", ""))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(("style", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_pictures_are_drawn_of_any_text(name: str, style: str, magic: bytes) -> None:
    assert render(network(HOSTILE[name]), style, DiagramOptions("network")).startswith(magic)
