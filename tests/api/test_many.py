"""The Python interface as a user calls it: variants, and the shipped library."""

from __future__ import annotations

import pandas as pd

import archdsl
from archdsl import files

TEXT = "network n(width=8, on=true) { input 3x8x8 -> conv(3x3, width, bias=on) }"


def test_sweep_measures_every_combination() -> None:
    rows = archdsl.sweep(TEXT, width=[2, 4], on=[True, False])
    assert [(row["width"], row["on"], row["params"]) for row in rows] == [
        (2, True, 3 * 9 * 2 + 2),
        (2, False, 3 * 9 * 2),
        (4, True, 3 * 9 * 4 + 4),
        (4, False, 3 * 9 * 4),
    ]
    assert [row["params"] for row in rows] == [
        archdsl.load(TEXT, width=row["width"], on=row["on"]).params for row in rows
    ]


def test_a_variant_with_a_mistake_says_so() -> None:
    good, bad = archdsl.sweep(TEXT, width=[1, 0], on=True)
    assert good["problem"] is None
    assert bad["params"] is None
    assert bad["problem"].startswith("A")


def test_rows_are_records() -> None:
    rows = archdsl.sweep(TEXT, width=range(1, 4), measures=["params", "rf"])
    frame = pd.DataFrame(rows)
    assert frame.equals(rows.to_pandas())
    assert list(frame["rf"]) == [3, 3, 3]
    assert str(rows).splitlines()[0].split() == [
        "width",
        "input",
        "parameters",
        "receptive",
        "field",
    ]
    assert "<th" in rows._repr_html_()


def test_the_zoo_has_all_that_is_shipped() -> None:
    rows = archdsl.zoo("dense*")
    complete = {name for name in files.shipped_networks() if name.startswith("dense")}
    assert {row["network"] for row in rows} <= complete
    assert {"densenet121", "densenet201"} <= {row["network"] for row in rows}
    for row in rows[:2]:
        assert row["params"] == archdsl.load(row["network"]).params
