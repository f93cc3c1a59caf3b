"""What each pass makes of a graph, as text: before and after."""

from __future__ import annotations

from textwrap import dedent

import pytest

from archdsl.inference.fused import Located
from archdsl.inference.passes.drop_idle import drop_idle
from archdsl.inference.passes.fold_norms import fold_norms
from archdsl.inference.passes.fuse_activations import fuse_activations
from archdsl.inference.passes.fuse_sums import fuse_sums
from archdsl.inference.passes.fuse_thresholds import fuse_thresholds
from archdsl.inference.passes.lower import lower
from archdsl.inference.passes.merge_siblings import merge_siblings
from archdsl.inference.passes.norm_pixels import norm_pixels
from archdsl.inference.passes.norms_before import norms_before
from archdsl.inference.passes.overwrite_shortcuts import overwrite_shortcuts
from archdsl.inference.passes.pool_first import pool_first
from archdsl.inference.passes.pool_maxima import pool_maxima
from archdsl.inference.passes.scale_means import scale_means
from archdsl.inference.pipeline import INFERENCE, Pass
from archdsl.ir import Graph
from tests.backends.torch.interpreter import graph_of
from tests.passes.engines import agree, rewritten


def listing(graph: Graph) -> str:
    """`path = op(operands)`, one line a node except the inputs."""
    paths = [node.path for node in graph.nodes]
    lines = [
        f"{node.path} = {node.op.title}({', '.join(paths[i] for i in node.inputs)})"
        for node in graph.nodes
        if node.inputs
    ]
    return "\n".join(lines)


def network(body: str) -> Graph:
    return graph_of(f"network net {{\n input 4x8x8\n {body}\n}}")


CASES = {
    "dropout and auxiliary heads": (
        (drop_idle,),
        """c: conv(3x3, 4) -> dropout
        aux1: aux(weight=0.3) { flatten -> linear(2) }
        identity -> relu""",
        """\
        c = conv(3x3, 4)(input)
        relu1 = relu(c)""",
    ),
    "random paths and joins": (
        (drop_idle,),
        """c: conv(3x3, 4) -> drop_path(0.2) -> d: conv(3x3, 4) -> drop_path(0.3, scale=train)
        join(drop=0.15) { | relu | tanh }""",
        """\
        c = conv(3x3, 4)(input)
        drop_path1 = scale(0.8)(c)
        d = conv(3x3, 4)(drop_path1)
        relu1 = relu(d)
        tanh1 = tanh(d)
        join1 = join(relu1, tanh1)""",
    ),
    "a join of more than convolutions": (
        (lower, scale_means),
        "join { | relu | c: conv(3x3, 4) }",
        """\
        relu1 = relu(input)
        c = fused_conv(3x3, 4, recipe=taken(c))(input)
        add = add(relu1, c)
        join1 = scale(0.5)(add)""",
    ),
    "a 1x1 convolution whose reader has no pixels": (
        (lower, pool_first),
        "c: conv(1x1, 3) -> f: flatten",
        """\
        c = fused_conv(1x1, 3, recipe=taken(c))(input)
        f = flatten(c)""",
    ),
    "a norm into the layer before it": (
        (lower, fold_norms),
        "c: conv(3x3, 6, bias=false) -> b: bn(eps=0.001) -> flatten -> fc: linear(3) -> d: bn",
        """\
        c = fused_conv(3x3, 6, recipe=folded(c, b, eps=0.001))(input)
        flatten1 = flatten(c)
        fc = fused_linear(3, recipe=folded(fc, d))(flatten1)""",
    ),
    "a norm that another reads too stays": (
        (lower, fold_norms),
        "c: conv(3x3, 4) -> add { | bn | relu }",
        """\
        c = fused_conv(3x3, 4, recipe=taken(c))(input)
        bn1 = bn(c)
        relu1 = relu(c)
        add1 = add(bn1, relu1)""",
    ),
    "a norm through a concat": (
        (lower, fold_norms),
        "concat { | a: conv(1x1, 2) | c: conv(3x3, 3, bias=false) } -> b: bn",
        """\
        a = fused_conv(1x1, 2, recipe=folded(a, b))(input)
        c = fused_conv(3x3, 3, recipe=folded(c, b, start=2))(input)
        concat1 = concat(a, c)""",
    ),
    "a pool before a 1x1 convolution": (
        (lower, pool_first),
        "c: conv(1x1, 3) -> p: avgpool(2x2) -> relu",
        """\
        p = avgpool(2x2)(input)
        c = fused_conv(1x1, 3, recipe=taken(c))(p)
        relu1 = relu(c)""",
    ),
    "a pool that sees padding stays": (
        (lower, pool_first),
        "c: conv(1x1, 3) -> p: avgpool(2x2, pad=1)",
        """\
        c = fused_conv(1x1, 3, recipe=taken(c))(input)
        p = avgpool(2x2, pad=1x1)(c)""",
    ),
    "a norm and a ReLU before a layer without padding": (
        (lower, norms_before),
        "b: bn -> relu -> c: conv(1x1, 3)",
        """\
        b = threshold(b)(input)
        c = fused_conv(1x1, 3, recipe=after(b, c, relu=True))(b)""",
    ),
    "a norm and a ReLU through the mean of each channel": (
        (lower, norms_before),
        "b: bn -> relu -> avgpool(global) -> flatten -> fc: linear(3)",
        """\
        b = threshold(b)(input)
        avgpool1 = avgpool(global)(b)
        flatten1 = flatten(avgpool1)
        fc = fused_linear(3, recipe=after(b, fc, relu=True))(flatten1)""",
    ),
    "a norm alone before two layers without padding": (
        (lower, norms_before),
        "b: bn(eps=0.01) -> add { | a: conv(3x3, 3, pad=0) | c: conv(3x3, 3, pad=0) }",
        """\
        a = fused_conv(3x3, 3, pad=0x0, recipe=after(b, a, eps=0.01))(input)
        c = fused_conv(3x3, 3, pad=0x0, recipe=after(b, c, eps=0.01))(input)
        add1 = add(a, c)""",
    ),
    "a norm before a window that sees padding stays": (
        (lower, norms_before),
        "b: bn -> c: conv(3x3, 3)",
        """\
        b = bn(input)
        c = fused_conv(3x3, 3, recipe=taken(c))(b)""",
    ),
    "activations": (
        (lower, fuse_activations),
        "c: conv(3x3, 3) -> relu -> b: bn -> hardswish -> d: conv(1x1, 2) -> leaky_relu(0.2)",
        """\
        c = fused_conv(3x3, 3, recipe=taken(c), activation=relu)(input)
        b = fused_norm(b, activation=hardswish)(c)
        d = fused_conv(1x1, 2, recipe=taken(d))(b)
        leaky_relu1 = leaky_relu(slope=0.2)(d)""",
    ),
    "a shortcut that is there before the convolution": (
        (lower, fuse_sums),
        "skip { relu -> c: conv(3x3, 4) } -> relu",
        """\
        relu1 = relu(input)
        c = fused_conv(3x3, 4, recipe=taken(c), activation=relu)(relu1, input)""",
    ),
    "a shortcut that comes after the convolution": (
        (lower, fuse_sums),
        "add { | c: conv(3x3, 4) | tanh } -> d: conv(1x1, 4)",
        """\
        tanh1 = tanh(input)
        c = fused_conv(3x3, 4, recipe=taken(c))(input, tanh1)
        d = fused_conv(1x1, 4, recipe=taken(d))(c)""",
    ),
    "a threshold before a 1x1 convolution": (
        (lower, norms_before, fuse_thresholds),
        "b: bn(eps=0.5) -> relu -> c: conv(1x1, 3)",
        """\
        c = fused_conv(1x1, 3, recipe=after(b, c, eps=0.5, relu=True), \
threshold=threshold(b, eps=0.5))(input)""",
    ),
    "a threshold that another reads too, or a larger window, stays": (
        (lower, norms_before, fuse_thresholds),
        """b: bn -> relu -> add { | c: conv(1x1, 4) | d: conv(1x1, 4) }
        e: bn -> relu -> f: conv(3x3, 4, pad=0)""",
        """\
        b = threshold(b)(input)
        c = fused_conv(1x1, 4, recipe=after(b, c, relu=True))(b)
        d = fused_conv(1x1, 4, recipe=after(b, d, relu=True))(b)
        add1 = add(c, d)
        e = threshold(e)(add1)
        f = fused_conv(3x3, 4, pad=0x0, recipe=after(e, f, relu=True))(e)""",
    ),
    "local response normalisation": (
        (norm_pixels,),
        "n: lrn(3, beta=0.5, k=2) -> m: lrn(4)",
        """\
        n = local_response_norm(3, beta=0.5, k=2)(input)
        m = local_response_norm(4)(n)""",
    ),
    "max pools": (
        (pool_maxima,),
        "p: maxpool(3x3, /2, pad=1, ceil=true) -> q: maxpool(2x2) -> maxpool(global)",
        """\
        p = max_pool(3x3, stride=2x2, pad=1x1, ceil=true)(input)
        q = max_pool(2x2)(p)
        maxpool1 = maxpool(global)(q)""",
    ),
    "max pools of what is not below zero": (
        (lower, fuse_activations, pool_maxima),
        """conv(3x3, 4) -> relu -> c: concat { | p: maxpool(2x2) | avgpool(2x2) -> sigmoid }
        q: maxpool(2x2) -> conv(3x3, 4) -> tanh -> maxpool(2x2)""",
        """\
        conv1 = fused_conv(3x3, 4, recipe=taken(conv1), activation=relu)(input)
        c.p = max_pool(2x2, rectified=true)(conv1)
        c.avgpool1 = avgpool(2x2)(conv1)
        c.sigmoid1 = sigmoid(c.avgpool1)
        c.concat1 = concat(c.p, c.sigmoid1)
        q = max_pool(2x2, rectified=true)(c.concat1)
        conv2 = fused_conv(3x3, 4, recipe=taken(conv2), activation=tanh)(q)
        maxpool1 = max_pool(2x2)(conv2)""",
    ),
    "a shortcut that is read for the last time": (
        (lower, fuse_sums, overwrite_shortcuts),
        """s: relu
        skip { tanh -> c: conv(3x3, 4) } -> skip { tanh -> d: conv(3x3, 4) }
        add { | lrn(3) | @s }""",
        """\
        s = relu(input)
        tanh1 = tanh(s)
        c = fused_conv(3x3, 4, recipe=taken(c))(tanh1, s)
        tanh2 = tanh(c)
        d = fused_conv(3x3, 4, recipe=taken(d), reuses=true)(tanh2, c)
        lrn1 = lrn(3)(d)
        add3 = add(lrn1, s)""",
    ),
    "a sum of convolutions with activations of their own stays": (
        (lower, fuse_activations, fuse_sums),
        "add { | a: conv(3x3, 4) -> relu | c: conv(3x3, 4) -> relu }",
        """\
        a = fused_conv(3x3, 4, recipe=taken(a), activation=relu)(input)
        c = fused_conv(3x3, 4, recipe=taken(c), activation=relu)(input)
        add1 = add(a, c)""",
    ),
    "the mean of a join": (
        (lower, fuse_activations, scale_means),
        "join { | a: conv(3x3, 4) -> relu | c: conv(3x3, 4) }",
        """\
        a = fused_conv(3x3, 4, recipe=scaled(a, 2), activation=relu)(input)
        c = fused_conv(3x3, 4, recipe=scaled(c, 2))(input)
        join1 = add(a, c)""",
    ),
    "siblings": (
        (lower, merge_siblings),
        """concat {
        | left: { a: conv(1x1, 2) -> relu }
        | right: { c: conv(1x1, 3) -> d: conv(3x3, 2) }
        | e: conv(3x3, 2) }""",
        """\
        siblings = fused_conv(1x1, 5, recipe=merged(left.a, right.c))(input)
        left.a = channels(0, 2)(siblings)
        left.relu1 = relu(left.a)
        right.c = channels(2, 5)(siblings)
        right.d = fused_conv(3x3, 2, recipe=taken(right.d))(right.c)
        e = fused_conv(3x3, 2, recipe=taken(e))(input)
        concat1 = concat(left.relu1, right.d, e)""",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_pass_makes_of_a_graph(name: str) -> None:
    passes, body, expected = CASES[name]
    graph = network(body)
    before = listing(graph)
    after = rewritten(graph, passes)
    assert listing(after) == dedent(expected)
    assert listing(graph) == before  # the graph that was given stays as it was


@pytest.mark.parametrize("name", CASES)
def test_what_a_pass_makes_computes_the_same(name: str) -> None:
    passes, body, _ = CASES[name]
    agree(network(body), passes)


@pytest.mark.parametrize("rewrite", INFERENCE)
def test_a_pass_that_finds_nothing_returns_the_graph_itself(rewrite: Pass) -> None:
    graph = network("avgpool(2x2) -> flatten")
    assert rewrite(graph) is graph


def test_every_pass_draws_before_and_after() -> None:
    for rewrite in INFERENCE:
        assert "before:" in str(rewrite.__doc__)
        assert "after:" in str(rewrite.__doc__)


def test_passes_leave_nothing_to_do_for_themselves() -> None:
    graph = rewritten(
        network("c: conv(3x3, 4) -> bn -> relu\n skip { conv(3x3, 4) -> bn } -> relu")
    )
    assert all(rewrite(graph) is graph for rewrite in INFERENCE)
    assert {type(n.op).__name__ for n in graph.nodes if isinstance(n.op, Located)} == {"FusedConv"}
