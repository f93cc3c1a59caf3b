"""The SVG in a real Chromium: accessible, and readable in light and in dark."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from archdsl.backends.diagram import DiagramOptions, render
from tests.architectures.shipped import graph_of
from tests.backends.diagram.browser import CHROMIUM, axe, screenshot

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and "CI" not in os.environ,
    reason="no Chromium: `make browser` installs it",
)


@pytest.mark.parametrize(("name", "level"), [("googlenet", "block"), ("densenet121", None)])
def test_axe_finds_nothing(name: str, level: str | None, tmp_path: Path) -> None:
    found = axe(render(graph_of(name), "svg", DiagramOptions(level)).decode(), tmp_path)
    assert found["violations"] == []
    assert found["images"] == 1
    assert {"svg-img-alt", "aria-valid-attr-value"} <= set(found["passes"])


def test_axe_would_find_a_picture_without_a_name(tmp_path: Path) -> None:
    picture = render(graph_of("lenet5"), "svg").decode()
    found = axe(picture.replace("aria-labelledby", "data-was").replace("<title", "<desc"), tmp_path)
    assert "svg-img-alt" in found["violations"]


@pytest.mark.parametrize(("dark", "ground"), [(False, (255, 255, 255)), (True, (22, 25, 30))])
def test_one_file_is_light_and_dark(dark: bool, ground: tuple[int, ...], tmp_path: Path) -> None:
    file, shot = tmp_path / "lenet5.svg", tmp_path / "shot.png"
    file.write_bytes(render(graph_of("lenet5"), "svg"))
    screenshot(file, shot, dark)
    with Image.open(shot) as picture:
        assert picture.convert("RGB").getpixel((4, 4)) == ground
