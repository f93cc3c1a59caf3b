"""What a newcomer writes in a first hour: each message names the cause, and its advice works."""

from __future__ import annotations

import pytest
from checking import check

from archdsl.diagnostics import Diagnostic, Fix


def network(body: str) -> str:
    return f"network n {{\n    input 3x32x32\n    {body}\n}}\n"


def only(text: str) -> Diagnostic:
    (found,) = check(text)
    return found


# What is written in a body, and a part of the advice.
SLIPS = {
    "conv(3x3 64)": "`, 64`",
    "conv(3x3, 64 bias=false)": "`, bias`",
    "conv(3x3, 64 /2)": "`, /2` is a stride",
    "conv(3x3, 8, stride=/2)": "`stride=2` or `/2`",
    "conv(3x3, 8, stride: 2)": "`stride=2`",
    "conv((3, 3), 8)": "`3x3`",
    "conv(3X3, 8)": "`3x3`",
    "conv(3×3, 8)": "`3x3`",
    "conv(3x3, 64K)": "`64_000`",
    "conv(3x3,\u00a08)": "an ordinary one",
    "conv(3x3, 8) → relu": "`->`",
    "conv(3x3, 8) => relu": "`->`",
    "conv(3x3, 8) |> relu": "`->`",
    "conv(3x3, 8) > relu": "`->`",
    "conv(3x3, 8) + relu": "`add { | a | b }`",
    "conv(3x3, 8, groups=in)": "`in.channels`",
    "conv(3x3, 8, pad=same)": "leave `pad` out",
    'conv(3x3, 8, pad="same")': "keeps the size at stride 1",
    "conv(3x3, 8, pad=None)": "leave the argument out",
    "conv(kernel_size=3, channels=8)": "`kernel`",
    "conv(3x3, 8, in_channels=3)": "the channels that flow in are known",
    "conv(3x3, 100, groups=32)": "groups=1, or 32 input channels and 128 output channels",
    "nn.Conv2d(3, 64)": "`conv(3x3, 64)`",
    "self.conv1(x)": "`conv(3x3, 64)`",
    "dropout(.5)": "`0.5`",
    "dropout(0.)": "`0.0`",
    "dropout(50%)": "`0.5`",
    "relu(conv(3x3, 8))": "`conv(3x3, 8) -> relu`",
    "relu(x)": "write `relu` alone",
    "relu(inplace=true)": "leave it out",
    "bn(64)": "leave it out",
    "x = conv(3x3, 8)": "`conv1: conv(3x3, 64)`",
    "let w := 3": "`let n = 3`",
    "for i in range(3) { relu }": "`repeat i in range(3) { … }`",
    "while true { relu }": "`repeat i in range(3) { … }`",
    "repeat { relu }": "`repeat 3 { … }`",
    "if true { relu } elif true { tanh }": "`else if`",
    "if in.channels = 3 { relu }": "`==`",
    "if true || true { relu }": "`or`",
    "return relu": "`output @label`",
    "// a comment": "`#`",
    'conv(3x3, 8, activation="relu")': "`conv(3x3, 64) -> relu`",
    "upsample(2, mode='bilinear')": "words like `bilinear` without any",
    "conv 3x3, 64": "in parentheses",
    "dropout 0.5": "in parentheses",
    "conv(3x3, 8) bn": "put `->` or a line end",
    "conv(3x3, 8), bn, relu": "put `->` or a line end",
    "repeat 3 conv(3x3, 3)": "braces",
    "repeat i in 0..3 { relu }": "`range(3)`",
    "if in.channels == 3: relu": "braces",
    "residual { relu }": "a body belongs to",
    "input -> relu": "its shape",
    "conv-1: relu": "`_`",
    "add(relu, tanh)": "`add { | a | b }`",
    "add { relu | tanh }": "`add { | a | b }`",
    "GlobalAveragePooling2D": "`avgpool(global)`",
    "avgpool(global=true)": "`avgpool(global)`",
    "attention(8)": "docs/plugins.md",
    "selu": "docs/plugins.md",
    "a: relu\n    add { | a | identity }": "write `@a`",
    "a: relu\n    output a": "write `@a`",
    "a: relu\n    skip @a { relu }": "`add { | @a | … }`",
    "a: relu\n    skip(@a) { relu }": "`add { | @a | … }`",
    "relu -> output @input": "give the input a name",
    "a: b: relu": "levels nest",
    "stem.conv: relu": "levels nest",
    '"stem": relu': "without quotes",
    "(conv(3x3, 3) -> relu) * 3": "`repeat 3 { … }`",
    "[conv(3x3, 3), relu]": "one after another",
    "3 * conv(3x3, 3)": "`repeat 3 { … }`",
    "conv(3x3, 3) * 3": "`repeat 3 { … }`",
    "skip\n    {\n    relu\n    }": "put the `{` on the line of its word",
    "concat\n    { | relu | tanh }": "a body begins on the line of its word",
    "default foo(x=3) -> relu": "docs/plugins.md",
    "conv(4x4, 8, pad=same)": "where `conv` has an odd kernel",
    'conv(4x4, 8, pad="same")': "with an odd kernel",
    "maxpool(3x3, pad=same)": "`pad=1`",
    "conv(3 x 3, 8)": "without spaces",
    "bn(conv(3x3, 8), eps=1)": "`conv(3x3, 8) -> bn`",
    "dropout(relu6(), true)": "`relu6() -> dropout`",
    "linear(3, 4)": "leave out the channels",
    "conv(3x3, int(16.5))": "`floor(x)`",
    "conv(3x3, log2(16))": "did you mean `log`?",
    "conv(3x3, flor(16.5))": "`floor`",
    "conv(3x3, 8, /2 if true else 1)": "`/(2 if … else 1)`",
    "relu if true else bn": "`if … { … } else { … }`",
    "if true relu else { bn }": "braces",
    "if true { relu } elseif true { tanh }": "`else if`",
    "conv(3x3, 8, stride=true ? 2 : 1)": "`a if c else b`",
    "conv(3x3, 8) | relu": "`add { | a | b }`",
    "x = input 3x8x8": "`input left 3x32x32`",
    "input right: 3x8x8": "`input left 3x32x32`",
    "input right = 3x8x8": "`input left 3x32x32`",
    "conv(3x3, 8)) -> relu": "remove the `)`",
    "conv(3x3, 8) \u27f6 relu": "`->`",
    "conv(3x3,\u30008)": "an ordinary one",
    "conv\uff083x3, 8\uff09": "`(`",
    "conv(3x3, 6) -> pixel_shuffle(2)": "8 channels",
}


@pytest.mark.parametrize(("body", "advice"), SLIPS.items(), ids=SLIPS)
def test_a_slip_has_one_message_with_the_next_step(body: str, advice: str) -> None:
    assert advice in (only(network(body)).help or "")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("network {\n input 3x8x8\n relu\n}\n", "give it a name"),
        ("network my-net {\n input 3x8x8\n relu\n}\n", "`_`"),
        ("block b:\n    relu\n", "braces"),
        ("network: {\n relu\n}\n", "`network NAME { … }`"),
        ("def f(x) {\n relu\n}\n", "`block …`"),
        ("import torch\n", "`from FILE import NAME`"),
        ("from resnet import *\n", "name what is imported"),
        ("net n { input 3x8x8 -> relu }\n", "`network …`"),
        ("network n(depth: int) { input 3x8x8 -> relu }\n", "has no type"),
        ('"""A network."""\nlet n = 3\n', "`#`"),
        ("network n { input 3x8x8, relu }\n", "`->`"),
        ("let a = [1 2]\n", "`, 2`"),
        ("network n {\n input 32x32\n conv(3x3, 8)\n}\n", "channels first"),
        ("network n {\n input 1x3x32x32\n conv(3x3, 8)\n}\n", "without the batch"),
        ("network n {\n input: 3x8x8\n relu\n}\n", "`input 3x224x224`"),
        ("network n {\n input 3, 8, 8\n relu\n}\n", "with `x`"),
        ("network n {\n input 3 x 8 x 8\n relu\n}\n", "without spaces"),
        ("from resnet import resnet18 as r\n", "without `as`"),
        ("network n\n{\n input 3x8x8\n relu\n}\n", "put the `{` on the line of its word"),
        ("network n { input 3x8x8 -> relu -> output }\n", "`output @c3, @c4`"),
        ("network n  input 3x8x8 -> relu\n", "braces"),
        ("from ./resnet import basic\n", "the file's name alone"),
        ("from resnet.arch import basic\n", "the file's name alone"),
        ('from "resnet" import basic\n', "the file's name alone"),
        ("network n(d) = m(depth=d)\n", "a variant has no parameters"),
        ("network n {\n input (3, 32, 32)\n relu\n}\n", "`3x224x224`"),
        ("network n {\r    input 3x8x8\r    relu\r}\r", "LF or CRLF"),
        ("# n\rnetwork n {\r    input 3x8x8\r    relu\r}\r", "LF or CRLF"),
    ],
)
def test_a_slip_at_the_top_has_one_message_with_the_next_step(text: str, advice: str) -> None:
    assert advice in (only(text).help or "")


OTHER_NAMES = {
    "Conv2d": "conv",
    "ConvTranspose2d": "deconv",
    "MaxPooling2D": "maxpool",
    "MaxPool2d": "maxpool",
    "AvgPool2d": "avgpool",
    "BatchNorm2d": "bn",
    "Dense": "linear",
    "BatchNormalization": "bn",
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "SiLU": "silu",
    "Swish": "silu",
    "DropPath": "drop_path",
    "Concatenate": "concat",
    "Hardswish": "hardswish",
    "PixelShuffle": "pixel_shuffle",
    "GroupNorm": "gn",
    "LayerNorm": "ln",
    "Flatten": "flatten",
}


@pytest.mark.parametrize(("name", "ours"), OTHER_NAMES.items(), ids=OTHER_NAMES)
def test_names_of_other_libraries_are_answered_with_ours(name: str, ours: str) -> None:
    assert only(network(name)).help == f"did you mean `{ours}`?"


def applied(text: str, fix: Fix) -> str:
    return text[: fix.span.start] + fix.replacement + text[fix.span.end :]


@pytest.mark.parametrize(
    "body",
    [
        "conv(3x3 64)",
        "conv(3x3, 64 bias=false)",
        "conv(3x3, 64, bias=True)",
        "conv(3x3, 64, bias=False)",
        "conv(3x3, 64, padding=1)",
        "conv(kernel_size=3, channels=8)",
        "Conv2d(3x3, 64)",
        "ReLU()",
        "upsample(scale_factor=2)",
        "conv(3x3, filters=8)",
        "conv(3x3, 8, strides=2)",
    ],
)
def test_a_fix_that_is_offered_leaves_no_mistake(body: str) -> None:
    text = network(body)
    fix = only(text).fix
    assert fix is not None
    assert check(applied(text, fix)) == []


def test_the_groups_that_are_proposed_fit_both_sides() -> None:
    for channels, groups in ((100, 32), (48, 5), (7, 3), (64, 48)):
        text = f"network n {{\n    input 36x8x8\n    conv(3x3, {channels}, groups={groups})\n}}\n"
        advice = only(text).help or ""
        proposed = int(advice.removeprefix("use groups=").partition(",")[0])
        assert check(text.replace(f"groups={groups}", f"groups={proposed}")) == []


def test_a_chain_of_blocks_is_not_called_endless() -> None:
    blocks = "".join(f"block b{i + 1} {{ b{i} }}\n" for i in range(101))
    found = only(f"block b0 {{ relu }}\n{blocks}{network('b101')}")
    assert found.code == "A401"
    assert "calls itself" not in found.message
