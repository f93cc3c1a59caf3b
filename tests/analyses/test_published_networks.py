"""Default lints find nothing in networks as their authors published them."""

from __future__ import annotations

import pytest
from checking import review

PUBLISHED = {
    "senet": """
block gate(reduction = 16) {
    let channels = in.channels
    mul {
        | identity
        | avgpool(global) -> conv(1x1, max(channels // reduction, 4), bias=false) -> relu
          -> conv(1x1, channels, bias=false) -> sigmoid
    }
}
block unit(width, stride = 1) {
    skip shortcut(width, stride) {
        conv(3x3, width, /stride, bias=false) -> bn -> relu
        conv(3x3, width, bias=false) -> bn -> gate
    }
    relu
}
block shortcut(width, stride) {
    if in.channels != width or stride != 1 { conv(1x1, width, /stride, bias=false) -> bn }
}
network senet {
    input 3x224x224
    conv(7x7, 64, /2, bias=false) -> bn -> relu -> maxpool(3x3, /2, pad=1)
    unit(64) -> unit(128, 2) -> unit(256, 2) -> unit(512, 2)
    avgpool(global) -> flatten -> linear(1000)
}
""",
    "spatial_gate": """
network attention {
    input 64x32x32
    conv(3x3, 64, bias=false) -> bn -> relu
    mul { | identity | conv(1x1, 64, bias=false) -> sigmoid }
    conv(1x1, 10)
}
""",
    "unet": """
block double(width) { repeat 2 { conv(3x3, width) -> relu } }
network unet {
    input 1x512x512
    repeat i in range(4) { down{i}: double(64 * 2 ** i) -> maxpool(2x2) }
    double(1024)
    repeat i in range(4) {
        let level = 3 - i
        concat { | deconv(2x2, 64 * 2 ** level, /2) | @down{level} }
        up{level}: double(64 * 2 ** level)
    }
    conv(1x1, 2)
}
""",
    "fpn": """
block stage(width) { conv(3x3, width, /2, bias=false) -> bn -> relu }
network pyramid {
    input 3x256x256
    stage(64)
    c2: stage(256)
    c3: stage(512)
    c4: stage(1024)
    p4: conv(1x1, 256)
    p3: add { | upsample(2) | @c3 -> conv(1x1, 256) }
    p2: add { | upsample(2) | @c2 -> conv(1x1, 256) }
    o2: conv(3x3, 256)
    o3: { @p3 -> conv(3x3, 256) }
    o4: { @p4 -> conv(3x3, 256) }
    output @o2, @o3, @o4
}
""",
    "regnet": """
default conv(bias=false)
block x(width, stride, group) {
    skip project(width, stride) {
        conv(1x1, width) -> bn -> relu
        conv(3x3, width, /stride, groups=width // group) -> bn -> relu
        conv(1x1, width) -> bn
    }
    relu
}
block project(width, stride) {
    if in.channels != width or stride != 1 { conv(1x1, width, /stride) -> bn }
}
network regnet {
    input 3x224x224
    conv(3x3, 32, /2) -> bn -> relu
    repeat width in [24, 56, 152, 368] { x(width, 2, 8) -> x(width, 1, 8) }
    avgpool(global) -> flatten -> linear(1000)
}
""",
    "mobilenet_v2": """
default conv(bias=false)
block bottleneck(width, expand, stride) {
    let inner = in.channels * expand
    if in.channels == width and stride == 1 {
        skip { inverted(inner, width, stride) }
    } else {
        inverted(inner, width, stride)
    }
}
block inverted(inner, width, stride) {
    if inner != in.channels { conv(1x1, inner) -> bn -> relu6 }
    conv(3x3, inner, /stride, groups=inner) -> bn -> relu6
    conv(1x1, width) -> bn
}
network mobilenet {
    input 3x224x224
    conv(3x3, 32, /2) -> bn -> relu6
    bottleneck(16, 1, 1) -> bottleneck(24, 6, 2) -> bottleneck(24, 6, 1)
    bottleneck(32, 6, 2) -> bottleneck(64, 6, 2) -> bottleneck(96, 6, 1) -> bottleneck(320, 6, 2)
    conv(1x1, 1280) -> bn -> relu6
    avgpool(global) -> flatten -> dropout(0.2) -> linear(1000)
}
""",
    "vgg_for_small_images": """
network vgg {
    input 3x32x32
    repeat width in [64, 128, 256, 512, 512] {
        repeat 2 { conv(3x3, width, bias=false) -> bn -> relu }
        maxpool(2x2)
    }
    flatten -> linear(10)
}
""",
    "convnext": """
block unit {
    let width = in.channels
    skip {
        conv(7x7, width, groups=width) -> ln -> conv(1x1, 4 * width) -> gelu -> conv(1x1, width)
        layer_scale -> drop_path(0.1, mode=sample, scale=train)
    }
}
network convnext {
    input 3x224x224
    conv(4x4, 96, /4, pad=0) -> ln
    repeat i, width in [96, 192, 384, 768] {
        if i > 0 { ln -> conv(2x2, width, /2, pad=0) }
        repeat 3 { unit }
    }
    avgpool(global) -> ln -> flatten -> linear(1000)
}
""",
    "fcn": """
network fcn {
    input 3x224x224
    repeat width in [64, 128, 256, 512, 512] { conv(3x3, width) -> relu -> maxpool(2x2) }
    conv(7x7, 4096) -> relu -> dropout2d(0.5) -> conv(1x1, 4096) -> relu -> dropout2d(0.5)
    conv(1x1, 21)
    deconv(64x64, 21, /32, pad=16, bias=false)
}
""",
    "edsr": """
network edsr {
    input 3x48x48
    conv(3x3, 64)
    skip {
        repeat 4 { skip { conv(3x3, 64) -> relu -> conv(3x3, 64) -> scale(0.1) } }
        conv(3x3, 64)
    }
    conv(3x3, 256) -> pixel_shuffle(2) -> conv(3x3, 3)
}
""",
}


@pytest.mark.parametrize("text", PUBLISHED.values(), ids=PUBLISHED)
def test_a_published_network_is_silent_by_default(text: str) -> None:
    assert [f"{finding.code} {finding.span}" for finding in review(text)] == []
