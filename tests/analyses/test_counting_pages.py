"""The figures in the pages about counting and rooflines are what the tools say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archdsl.analyses.conventions import CONVENTIONS
from archdsl.analyses.cost import costs, total
from archdsl.analyses.counting import counts
from archdsl.backends.report.columns import WORDS
from archdsl.backends.report.profile import ProfileRun, profile
from archdsl.backends.torch.forms import modules_of
from archdsl.cli.devices import device_from, device_named
from tests.architectures.shipped import graph_of

DOCS = Path(__file__).parents[2] / "docs"
COUNTING = (DOCS / "counting.md").read_text("utf-8")
ROOFLINE = (DOCS / "roofline.md").read_text("utf-8")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first line begins with a heading, code marks left out."""
    lines = iter(page.splitlines())
    next(line for line in lines if line.startswith(f"| {heading}"))
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return found


def test_the_three_figures_of_resnet50() -> None:
    found = {
        name: total(graph_of(name), costs(graph_of(name))) for name in ("resnet50", "resnet50_v1")
    }
    wanted = [found["resnet50_v1"].macs, found["resnet50"].macs, found["resnet50"].flops]
    assert [figure for figure, _ in rows(COUNTING, "figure")] == [f"{n:,}" for n in wanted]


def test_every_counter_is_shown_with_what_it_reports() -> None:
    graph = graph_of("resnet50")
    modules = modules_of(graph)
    wanted = [
        [
            name,
            convention.unit,
            f"{sum(counts(graph, convention, modules).values()):,}",
            f"{sum(counts(graph, convention, None).values()):,}",
        ]
        for name, convention in CONVENTIONS.items()
    ]
    assert rows(COUNTING, "convention | its unit") == wanted


def test_every_column_is_explained() -> None:
    assert [word for word, _ in rows(COUNTING, "word")] == list(WORDS)


def test_the_floors_are_what_profile_says() -> None:
    device = device_named("h200-measured")
    for name, fused, unfused, gain, bound in rows(ROOFLINE, "network"):
        fast, slow = (
            profile(graph_of(name), ProfileRun(device, "bf16", 256, f)) for f in (True, False)
        )
        most, less = fast.images_per_second, slow.images_per_second
        assert (fused, unfused) == (f"{most:,.0f}", f"{less:,.0f}")
        assert gain == f"{most / less:.2f}"
        assert bound == ("memory" if fast.total.memory_bound else "compute")


def test_the_device_in_the_page_is_one() -> None:
    import tomllib

    (text,) = re.findall(r"```toml\n(.*?)```", ROOFLINE, re.DOTALL)
    assert device_from(tomllib.loads(text)).usual == "bf16"


@pytest.mark.parametrize("page", [COUNTING, ROOFLINE])
def test_links_lead_somewhere(page: str) -> None:
    assert [target for target in LINK.findall(page) if not (DOCS / target).exists()] == []
