"""The lecture's table of VGG-16, as its slide has it, except for the total that it gets wrong."""

from __future__ import annotations

import re

import pytest

from archdsl.backends.report.cs231n import table
from tests.architectures.shipped import graph_of
from tests.backends.torch.interpreter import graph_of as graph_of_text

SLIDE = """\
INPUT 224x224x3 150K 0
CONV3-64 224x224x64 3.2M 1,728
CONV3-64 224x224x64 3.2M 36,864
POOL 112x112x64 800K 0
CONV3-128 112x112x128 1.6M 73,728
CONV3-128 112x112x128 1.6M 147,456
POOL 56x56x128 400K 0
CONV3-256 56x56x256 800K 294,912
CONV3-256 56x56x256 800K 589,824
CONV3-256 56x56x256 800K 589,824
POOL 28x28x256 200K 0
CONV3-512 28x28x512 400K 1,179,648
CONV3-512 28x28x512 400K 2,359,296
CONV3-512 28x28x512 400K 2,359,296
POOL 14x14x512 100K 0
CONV3-512 14x14x512 100K 2,359,296
CONV3-512 14x14x512 100K 2,359,296
CONV3-512 14x14x512 100K 2,359,296
POOL 7x7x512 25K 0
FC 1x1x4096 4096 102,760,448
FC 1x1x4096 4096 16,777,216
FC 1x1x1000 1000 4,096,000
"""
ROW = re.compile(r"(\S+): +\[(\S+)\] +memory: (\S+) +params: (?:(.*) = )?([\d,]+)")


def rows(text: str) -> list[tuple[str, ...]]:
    """Name, size, values, the product of the weights, their number."""
    return [found.groups("") for line in text.splitlines() if (found := ROW.fullmatch(line))]


def evaluated(product: str) -> int:
    assert re.fullmatch(r"[\d*+() ]+", product)
    return int(eval(product))


def test_vgg16_is_the_slides_line_for_line() -> None:
    found = rows(table(graph_of("vgg16")))
    shown = [(name, size, values.split("=")[-1], count) for name, size, values, _, count in found]
    assert shown == [tuple(line.split()) for line in SLIDE.splitlines()]


def test_a_line_reads_as_on_the_slide() -> None:
    line = table(graph_of("vgg16")).splitlines()[2]
    assert re.sub(" +", " ", line) == (
        "CONV3-64: [224x224x64] memory: 224*224*64=3.2M params: (3*3*3)*64 = 1,728"
    )


def test_the_columns_sum_to_what_the_totals_say() -> None:
    """15.2 million values, where the slide has 24, and its 138 million weights."""
    text = table(graph_of("vgg16"))
    values = sum(evaluated(row[2].split("=")[0]) for row in rows(text))
    assert values == 15_237_608
    assert f"TOTAL memory: {values:,} values * 4 bytes = 60.95 MB / image" in text
    assert "TOTAL params: 138,344,128 (biases not counted)" in text
    with_relus = values + sum(
        evaluated(row[2].split("=")[0]) for row in rows(text) if row[0][:2] in ("CO", "FC")
    )
    assert with_relus - 1000 == 28_793_320  # a separate output for every ReLU


@pytest.mark.parametrize("name", ["alexnet", "vgg16", "resnet18", "googlenet", "lenet5"])
def test_every_product_is_the_number_beside_it(name: str) -> None:
    found = rows(table(graph_of(name)))
    assert len(found) > 5
    for _, size, values, product, count in found:
        assert evaluated(values.split("=")[0]) == evaluated(size.replace("x", "*"))
        assert not product or evaluated(product) == int(count.replace(",", ""))


def test_alexnets_first_layers_are_the_lectures() -> None:
    first = rows(table(graph_of("alexnet")))[1]
    assert first[:2] == ("CONV11-96", "55x55x96")
    assert first[4] == "34,848"  # the lecture's 35K


def test_merges_have_lines_and_layers_that_do_nothing_have_none() -> None:
    text = "network net { input 4x7x7 -> skip { conv(1x7, 4) -> bn } -> adaptive_avgpool(7) }"
    found = rows(table(graph_of_text(text)))
    assert [row[0] for row in found] == ["INPUT", "CONV1x7-4", "NORM", "ADD"]
    assert [row[4] for row in found] == ["0", "112", "4", "0"]


def test_what_only_training_runs_is_left_out() -> None:
    found = rows(table(graph_of("googlenet")))
    assert [row[3] for row in found if row[0] == "FC"] == ["1024*1000"]  # not the auxiliary ones
