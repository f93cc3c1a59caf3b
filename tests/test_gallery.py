"""The gallery has every shipped network, drawn as `archdsl render` draws it now."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from archdsl.backends.diagram import render
from tests.architectures.shipped import NETWORKS, graph_of

GALLERY = Path(__file__).parent.parent / "docs/gallery"
WHERE = re.compile(r' data-line="\d+"|:\d+</title>')  # comments in a file move its lines


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_drawn_as_it_is_now(name: str) -> None:
    """`make gallery` draws it anew."""
    committed = (GALLERY / f"{name}.svg").read_text("utf-8")
    now = render(graph_of(name), "svg").decode()
    assert WHERE.sub("", committed) == WHERE.sub("", now)


def test_every_picture_is_linked_and_well_formed() -> None:
    linked = re.findall(r"\]\(([\w-]+\.svg)\)", (GALLERY / "README.md").read_text("utf-8"))
    assert sorted(linked) == sorted(path.name for path in GALLERY.glob("*.svg"))
    for name in linked:
        assert ET.parse(GALLERY / name).getroot().get("role") == "img"


def test_the_gallery_stays_small() -> None:
    assert sum(path.stat().st_size for path in GALLERY.glob("*.svg")) < 4_000_000
