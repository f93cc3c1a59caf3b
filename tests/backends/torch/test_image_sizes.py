"""Networks whose layers have sizes of their images refuse others; all others take any size."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from archdsl.backends.torch import emit
from tests.backends.torch.interpreter import graph_of, load
from tests.backends.torch.test_torchscript import network
from tests.passes.engines import engine_of, rewritten, trained

SEGMENT = """network net {
    input 3x128x128
    let size = in.height
    conv(3x3, 8, /8)
    resize(size, mode=bilinear)
}"""
FIXED = {
    "a number from in.height": SEGMENT,
    "another number from in.height": SEGMENT.replace("= in.height", "= 2 * in.height"),
    "a window": "network net { input 3x128x128 -> conv(3x3, 8) -> avgpool(in.height) }",
    "a condition": "network net { input 3x128x128\n if in.width > 8 { conv(3x3, 8, /2) } }",
    "a parameter": """network net(size = 128) { input 3x128x128
        conv(3x3, 8, /8) -> resize(size) }""",
    "a skip": """network net { input 3x128x128
        conv(3x3, 4, /2) -> c: conv(3x3, 4, /2)
        conv(3x3, 4, /2) -> resize(32) -> conv(1x1, 4) }""",
}
FREE = {
    "scales": "network net { input 3x128x128 -> conv(3x3, 8, /2) -> upsample(2, mode=bilinear) }",
    "images of any size to one": "network net { input 3x128x128 -> resize(96) -> conv(3x3, 8) }",
    "also to the same": "network net { input 3x128x128 -> resize(128) -> conv(3x3, 8) }",
    "channels": "network net { input 3x128x128 -> conv(3x3, in.channels) }",
}
fixed = pytest.mark.parametrize("text", FIXED.values(), ids=FIXED)
free = pytest.mark.parametrize("text", FREE.values(), ids=FREE)


def images(height: int, width: int) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))


@fixed
def test_a_module_refuses_images_of_another_size(text: str, tmp_path: Path) -> None:
    model = network(graph_of(text), tmp_path).eval()
    expected = model(images(128, 128))
    for recorded in (model, torch.fx.symbolic_trace(model)):
        torch.testing.assert_close(recorded(images(128, 128)), expected)
        for height, width in ((64, 96), (128, 96), (127, 128)):
            with pytest.raises(AssertionError, match="compiled for 128x128 images: --input"):
                recorded(images(height, width))


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_a_script_and_an_exported_graph_of_any_batch_check_too(tmp_path: Path) -> None:
    model = network(graph_of(SEGMENT), tmp_path).eval()
    script = torch.jit.script(model)
    batch = torch.export.Dim("batch", min=2, max=64)
    exported = torch.export.export(
        model, (images(128, 128),), dynamic_shapes=({0: batch},)
    ).module()
    for each in (script, exported):
        torch.testing.assert_close(each(images(128, 128)), model(images(128, 128)))
        with pytest.raises(Exception, match="128"):
            each(images(64, 96))


@fixed
def test_an_engine_refuses_images_of_another_size(text: str) -> None:
    graph = graph_of(text)
    model = trained(graph, torch.float32)
    engine = engine_of(rewritten(graph), model)
    for _ in range(2):
        torch.testing.assert_close(
            engine(images(128, 128)), model(images(128, 128)), rtol=1e-4, atol=1e-4
        )
        with pytest.raises(ValueError, match="compiled for 128x128 images: --input"):
            engine(images(64, 96))


@free
def test_other_networks_take_images_of_any_size(text: str) -> None:
    graph = graph_of(text)
    model = trained(graph, torch.float32)
    engine = engine_of(rewritten(graph), model)
    for height, width in ((128, 128), (64, 96)):
        x = images(height, width)
        torch.testing.assert_close(engine(x), model(x), rtol=1e-4, atol=1e-4)
    assert "_assert" not in emit(graph)


def test_a_reshape_never_makes_images_of_a_batch() -> None:
    """Four times the numbers were four times the images."""
    text = "network net { input 2x4x4 -> reshape(32) -> reshape(4x4x2) -> conv(1x1, 3) }"
    model = load(emit(graph_of(text))).net()
    assert model(torch.randn(2, 2, 4, 4)).shape == (2, 3, 4, 2)
    assert model(torch.randn(0, 2, 4, 4)).shape == (0, 3, 4, 2)
    with pytest.raises(RuntimeError, match="unflatten"):
        model(torch.randn(2, 2, 8, 8))
