"""The work of a check grows with the layers: tenfold layers make tenfold calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archdsl.analyses.memory import memory
from archdsl.analyses.receptive_field import receptive_fields
from archdsl.ir import Graph
from tests.checking import check, graph
from tests.work import calls

SMALL, LARGE = 300, 3_000
GROWTH = 11.0  # what is quadratic makes a hundred times as many calls


def repeated(layers: int) -> str:
    return f"repeat {layers // 2} {{ conv(3x3, 4) -> relu }}\nexpect depth == {layers // 2}"


def written_out(layers: int) -> str:
    return "conv(3x3, 4) -> relu\n" * (layers // 2) + f"expect depth == {layers // 2}"


def network(body: str) -> str:
    return f"network big {{\ninput 4x8x8\n{body}\n}}\n"


@pytest.mark.parametrize("write", [repeated, written_out])
def test_a_check_makes_calls_in_proportion_to_layers(write: Callable[[int], str]) -> None:
    check(network(write(SMALL)))  # what is made once is made now
    small, large = (_checked(network(write(layers))) for layers in (SMALL, LARGE))
    assert large <= GROWTH * small


def _checked(text: str) -> int:
    found: list[object] = []
    count = calls(lambda: found.extend(check(text)))
    assert found == []
    return count


RESIDUAL = "repeat {0} {{ skip {{ conv(3x3, 4) -> bn -> relu -> conv(3x3, 4) }} }}"
DENSE = "dense {0} {{ bn -> relu -> conv(1x1, 4) -> conv(3x3, 4) }} -> conv(1x1, 8)"
PARALLEL = "add {{ | repeat {0} {{ conv(3x3, 8) -> bn }} | repeat {0} {{ conv(1x1, 8) -> bn }} }}"
ANALYSES: dict[str, tuple[Callable[[Graph], object], str]] = {
    "memory": (memory, " -> ".join((RESIDUAL, DENSE, PARALLEL))),
    "fields of a chain": (receptive_fields, "repeat {0} {{ conv(3x3, 4) -> relu }}"),
    "fields of skips": (receptive_fields, RESIDUAL),
    "fields of a dense block": (receptive_fields, "dense {0} {{ relu -> conv(3x3, 1) }}"),
    "fields with holes": (
        receptive_fields,
        "repeat {0} {{ concat {{ | conv(3x3, 2, dilation=2) | conv(1x3, 2) }} }}",
    ),
    "fields with periods": (
        receptive_fields,
        "upsample(8)\nrepeat {0} {{ conv(3x3, 4) -> relu }}",
    ),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_makes_calls_in_proportion_to_layers(name: str) -> None:
    analyse, body = ANALYSES[name]
    graphs = [graph(network(body.format(layers // 5))) for layers in (SMALL, SMALL, LARGE)]
    _, small, large = (calls(lambda each=each: analyse(each)) for each in graphs)  # type: ignore[misc]
    assert large <= 1.5 * GROWTH * small  # heaps and sorted lists add a logarithm
