"""What generated files look like: as an engineer would have written them by hand."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from archdsl.backends.torch import emit
from tests.backends.torch.interpreter import compiled, graph_of
from tests.backends.torch.test_equal_to_graph import BLOCKS, bodies

RESIDUAL = """
default conv(bias=false)
# Two convolutions around a shortcut.
block unit(width, stride = 1) {
    skip downsample: match(width, stride) {
        conv(3x3, width, /stride) -> bn -> relu
        conv(3x3, width) -> bn
    }
    relu
}
block match(channels, stride) {
    if in.channels != channels or stride != 1 { conv(1x1, channels, /stride) -> bn }
}
network net(layers = [3, 4]) {
    input 3x32x32
    conv(3x3, 16) -> bn -> relu
    repeat i, n in layers {
        layer{i + 1}: repeat j in range(n) {
            unit(16 * 2 ** i, stride = 2 if i > 0 and j == 0 else 1)
        }
    }
    avgpool(global) -> flatten
    fc: linear(10)
}
"""


def classes(text: str) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}


def test_a_file_imports_only_torch() -> None:
    for node in ast.walk(ast.parse(emit(graph_of(RESIDUAL)))):
        if isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] == "torch" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module == "torch"


def test_instances_that_differ_in_numbers_share_a_class() -> None:
    text = emit(graph_of(RESIDUAL))
    assert list(classes(text)) == ["Unit", "Net"]
    assert "def match(in_channels: int, channels: int, stride: int) -> nn.Module:" in text
    assert "if in_channels != channels or stride != 1:" in text


def test_a_constructor_takes_the_authors_parameters() -> None:
    made = classes(emit(graph_of(RESIDUAL)))["Unit"].body[1]
    assert isinstance(made, ast.FunctionDef)
    arguments = [argument.arg for argument in made.args.args]
    assert arguments == ["self", "in_channels", "width", "stride"]


def test_equal_blocks_of_a_repeat_become_a_loop() -> None:
    text = emit(graph_of(RESIDUAL.replace("[3, 4]", "[3, 400]")))
    assert "*(Unit(32, 32) for _ in range(399))" in text
    assert text.count("\n") < 80


def test_steady_growth_becomes_a_loop_over_an_index() -> None:
    text = emit(
        graph_of("""network net {
    input 3x8x8
    body: repeat i in range(6) { conv(3x3, in.channels + 4) }
}""")
    )
    assert "*(nn.Conv2d(3 + 4 * i, 7 + 4 * i, 3, padding=1) for i in range(6))" in text


def test_a_block_whose_repeat_count_differs_takes_it_as_a_parameter() -> None:
    text = emit(
        graph_of("""
block stage(width, count) { body: repeat count { conv(3x3, width) -> relu } }
network net { input 8x8x8
  stage(8, 3) -> stage(8, 5) }""")
    )
    assert list(classes(text)) == ["Stage", "Net"]
    assert "for _ in range(count - 1)" in text  # the first has other channels


DENSE = """
block layer(growth) { norm: bn -> relu -> conv: conv(3x3, growth) }
network net(counts = [3, 5]) { input 8x8x8
  repeat i, n in counts {
    block{i + 1}: dense j in range(n) { layer{j + 1}: layer(4) }
  }
}"""


def test_a_dense_block_is_a_loop_over_its_layers() -> None:
    text = emit(graph_of(DENSE))
    assert list(classes(text)) == ["Layer", "Block", "Net"]
    assert 'self.add_module(f"layer{i + 1}", Layer(in_channels + 4 * i, 4))' in text
    assert "x = torch.cat([x, layer(x)], 1)" in text
    names = compiled(graph_of(DENSE)).state_dict()
    assert names["block2.layer5.norm.weight"].shape == (8 + 4 * 3 + 4 * 4,)


def test_an_unlabelled_dense_block_is_written_out() -> None:
    graph = graph_of("network net { input 8x8x8\n dense 3 { bn -> relu -> conv(3x3, 4) } }")
    names = compiled(graph).state_dict()
    assert names["conv3.weight"].shape == (4, 16, 3, 3)


def test_the_same_graph_gives_the_same_bytes() -> None:
    assert emit(graph_of(RESIDUAL)) == emit(graph_of(RESIDUAL))


def test_the_docstring_is_the_authors_comment() -> None:
    made = classes(emit(graph_of(RESIDUAL)))["Unit"]
    assert ast.get_docstring(made) == "Two convolutions around a shortcut."


@pytest.mark.parametrize(
    "comment",
    [
        '"""; import os; os.system("x")  #',
        '\\"""',
        'ends with a quote"',
        "ends with a backslash\\",
        "\\N{BULLET} \\x00 \\u1234 {{ config }} {% for %}",
        "'''",
        "\x0b\x0c\x1c\x85\u2028 line ends of other tools",
        "\u202e right to left \u200f",
        "x" * 5000,
        "",
    ],
)
def test_a_comment_cannot_leave_its_docstring(comment: str) -> None:
    text = f"""
let one = 1

# {comment}
block unit {{ conv(3x3, 8) -> relu }}

# {comment}
network net {{ input 3x8x8
  unit -> conv(1x1, one) }}"""
    tree = ast.parse(emit(graph_of(text)))
    kinds = [type(node).__name__ for node in tree.body]
    assert kinds.count("Expr") == 1
    assert [kind for kind in kinds if kind.endswith("Def")] == ["ClassDef"] * 2 + ["FunctionDef"]
    for made in classes(emit(graph_of(text))).values():
        allowed = (ast.FunctionDef, ast.Expr)
        assert all(isinstance(node, allowed) for node in made.body)
    untouched_by_ruff(emit(graph_of(text)))


@pytest.mark.parametrize(
    "name", ["x", "y", "z", "i", "in_channels", "forward", "train", "downsample"]
)
def test_a_parameter_may_have_a_name_that_the_file_uses_elsewhere(name: str) -> None:
    graph = graph_of(f"""
block unit({name}) {{ conv(3x3, {name}) -> bn }}
network net {{ input 3x8x8
  unit(4) -> unit(5) -> unit(6) }}""")
    assert compiled(graph)(torch.zeros(2, 3, 8, 8)).shape == (2, 6, 8, 8)


@pytest.mark.parametrize("name", ["tensor", "f", "none", "true_", "module", "net"])
def test_a_block_may_have_a_name_that_python_or_the_file_uses(name: str) -> None:
    if name == "net":
        with pytest.raises(AssertionError):
            graph_of("block net { relu }\nnetwork net { input 3 }")
        return
    graph = graph_of(f"""
block {name} {{ conv(3x3, 4) -> bn }}
network net {{ input 3x8x8
  {name} -> {name} }}""")
    assert compiled(graph)(torch.zeros(2, 3, 8, 8)).shape == (2, 4, 8, 8)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies())
def test_random_networks_give_files_that_ruff_would_not_touch(body: str) -> None:
    text = emit(graph_of(BLOCKS + f"network net {{\n  input 3x6x6\n  {body}\n}}"))
    untouched_by_ruff(text)


def untouched_by_ruff(text: str) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    formatted = subprocess.run(
        [*ruff, "format", "--isolated", "-"], input=text, capture_output=True, text=True, check=True
    )
    assert formatted.stdout == text
    found = subprocess.run(
        [*ruff, "check", "--isolated", "-"], input=text, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout


def test_a_block_may_be_called_as_a_class_that_an_op_brings() -> None:
    text = emit(
        graph_of(
            """
block padded_conv2d { conv(3x3, 4, pad=[0, 2, 1, 1]) -> bn }
network net { input 3x8x8
  padded_conv2d -> padded_conv2d }""".replace("padded_conv2d", "paddedConv2d")
        )
    )
    assert list(classes(text)) == ["PaddedConv2d", "PaddedConv2d2", "Net"]


def test_a_label_on_nothing_is_an_identity() -> None:
    graph = graph_of("""
inline block project(c) { if in.channels != c { conv(1x1, c) -> bn } }
block unit(c) { skip bypass: project(c) { conv(3x3, c) -> bn } }
network net { input 3x8x8
  unit(4) -> unit(4)
  none: repeat 0 { relu } }""")
    names = compiled(graph).state_dict()
    assert "unit1.bypass.0.weight" in names
    assert "unit2.bypass.0.weight" not in names
    assert compiled(graph)(torch.zeros(2, 3, 8, 8)).shape == (2, 4, 8, 8)


def test_fractional_and_boolean_numbers_stay_apart() -> None:
    text = emit(
        graph_of("""
block unit(p, affine) { bn(eps=p, affine=affine) -> relu -> dropout(p) }
network net { input 3x8x8
  unit(0.5, true) -> unit(0.25, false) -> unit(1, true) }""")
    )
    assert "p: float" in text
    assert "affine: bool" in text


def test_weights_start_as_the_file_says() -> None:
    torch.manual_seed(0)
    model = compiled(
        graph_of("""
default conv(init=kaiming_fan_out)
block unit { conv(3x3, 64) -> relu -> conv(3x3, 64, init=normal(0.5), bias_init=2) }
network net { input 64x8x8
  conv(3x3, 64) -> relu -> unit -> unit -> conv(1x1, 64, init=uniform(0.25), bias=false)
  conv(3x3, 64, init=xavier)
  last: conv(3x3, 64, init=pytorch) }""")
    )
    weights = {k: v for k, v in model.state_dict().items() if k.endswith("weight")}
    fan_out = (2 / (64 * 9)) ** 0.5
    assert abs(float(weights["conv1.weight"].std()) / fan_out - 1) < 0.05
    assert abs(float(weights["unit2.0.weight"].std()) / fan_out - 1) < 0.05
    assert abs(float(weights["unit2.2.weight"].std()) / 0.5 - 1) < 0.05
    assert float(weights["conv2.weight"].abs().max()) <= 0.25
    assert abs(float(weights["conv3.weight"].std()) / (2 / (2 * 64 * 9)) ** 0.5 - 1) < 0.05
    assert float(weights["last.weight"].abs().max()) <= 1 / (64 * 9) ** 0.5
    assert bool((model.state_dict()["unit1.2.bias"] == 2).all())
    assert not bool((model.state_dict()["unit1.0.bias"] == 2).any())


def test_blocks_that_differ_only_in_how_they_start_share_a_class_and_not_the_start() -> None:
    torch.manual_seed(0)
    source = """
block unit(std) { conv(3x3, 64, init=normal(std)) -> relu -> conv(1x1, 64, init=normal(0.5)) }
network net { input 64x8x8
  repeat std in [1, 2, 2, 4] { unit(std) } }"""
    assert list(classes(emit(graph_of(source)))) == ["Unit", "Net"]
    for number, std in enumerate([1, 2, 2, 4], 1):
        state = compiled(graph_of(source)).state_dict()
        assert abs(float(state[f"unit{number}.0.weight"].std()) / std - 1) < 0.05
        assert abs(float(state[f"unit{number}.2.weight"].std()) / 0.5 - 1) < 0.05


def test_a_file_has_no_class_that_it_does_not_use() -> None:
    constant = "network net { input 8x4x4 -> conv(1x1, 8) -> scale(0.5) }"
    assert list(classes(emit(graph_of(constant)))) == ["Net"]
    varying = """
block unit(factor) { conv(1x1, 8) -> scale(factor) }
network net { input 8x4x4 -> unit(0.5) -> unit(0.25) }"""
    assert list(classes(emit(graph_of(varying)))) == ["Scale", "Unit", "Net"]


def test_a_product_in_a_sum_needs_no_parentheses() -> None:
    branches = "| identity | maxpool(3x3, /1, pad=1) -> scale(0.5)"
    text = emit(graph_of(f"network net {{ input 8x4x4 -> add {{ {branches} }} }}"))
    assert "return x + self.maxpool1(x) * 0.5" in text
