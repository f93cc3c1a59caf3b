"""The shipped files hold what they expect of themselves, and what the papers say of them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from archdsl import driver, files
from archdsl.analyses.facts import facts
from archdsl.diagnostics import Sink
from archdsl.ir import Graph
from archdsl.ops import size
from archdsl.ops.conv import Conv
from archdsl.syntax.parse import decode, read
from tests.architectures.shipped import FACTS, FILES, NETWORKS, graph_of
from tests.torchvision_reference import models

OTHERS = {"alexnet", "googlenet"}  # the papers' networks; torchvision has later ones of the name
PUBLISHED = sorted(set(NETWORKS) & set(models.list_models()) - OTHERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_file_has_no_mistakes(path: Path) -> None:
    sink = Sink()
    driver.check(decode(str(path), read(path)), files.library(), sink)
    assert [(str(found.span), found.message) for found in sink.found] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_file_says_which_paper_it_is(path: Path) -> None:
    head = path.read_text("utf-8").split("\n\n")[0]
    assert head.startswith("#")
    assert re.search(r"\b(19|20)\d\d\b", head), "the year"


def test_the_resnet_family_takes_less_than_fifty_lines_and_a_bottleneck_at_most_ten() -> None:
    text = next(path for path in FILES if path.stem == "resnet").read_text("utf-8")
    lines = [line.strip() for line in text.splitlines()]
    assert len([line for line in lines if line and not line.startswith(("#", "expect"))]) < 50
    (block,) = re.findall(r"^block bottleneck.*?^}", text, re.MULTILINE | re.DOTALL)
    assert block.count("\n") + 1 <= 10


@pytest.mark.parametrize("name", NETWORKS)
def test_the_graph_of_a_shipped_network_is_well_formed(name: str) -> None:
    assert graph_of(name).name == name  # graph_of verifies


@pytest.mark.parametrize("name", FACTS)
def test_counts_are_those_of_the_paper(name: str) -> None:
    fact = facts(graph_of(name))
    counted = {key: fact("", key) for key in ("params", "macs", "depth")}
    assert counted == {key: FACTS[name][key] for key in counted}


@pytest.mark.parametrize("name", FACTS)
def test_stages_have_the_shapes_of_the_papers_table(name: str) -> None:
    graph = graph_of(name)
    fact = facts(graph)
    assert size(graph.nodes[graph.inputs[0]].shape) == FACTS[name]["input"]
    found = {path: str(fact(path, "out")) for path in FACTS[name]["shapes"]}
    assert found == FACTS[name]["shapes"]


@pytest.mark.parametrize("name", FACTS)
def test_layers_are_those_of_the_paper_one_by_one(name: str) -> None:
    assert layers(graph_of(name)) == FACTS[name]["layers"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_counts_are_those_torchvision_publishes(name: str) -> None:
    weights = models.get_model_weights(name).DEFAULT
    published, (side,) = weights.meta, weights.transforms().crop_size
    own = graph_of(name)  # in the paper images of EfficientNet-B2 are smaller
    graph = own if own.nodes[own.inputs[0]].shape[1] == side else graph_of(name, (3, side, side))
    fact = facts(graph)
    assert fact("", "params") == published["num_params"]
    assert fact("", "macs") / 1e9 == pytest.approx(published["_ops"], abs=6e-4)


def layers(graph: Graph) -> Counter[str]:
    """How often each weighted layer occurs, in the words of the facts."""
    found: Counter[str] = Counter()
    for node in graph.nodes:
        if not node.op.weighted:
            continue
        (source,), op = graph.operands(node), node.op
        bias = f"b{int(op.bias)}"  # type: ignore[attr-defined]
        if isinstance(op, Conv):
            (top, bottom, left, right), (vertical, horizontal) = op.padding, op.stride
            assert (top, left, vertical) == (bottom, right, horizontal)
            pad = top if top == left else f"{top}x{left}"
            found[
                f"conv {source[0]}>{op.channels} {size(op.kernel)} s{vertical} p{pad} "
                f"g{op.groups} {bias} @{size(node.shape[1:])}"
            ] += 1
        else:
            found[f"fc {source[0]}>{node.shape[0]} {bias}"] += 1
    return found
