"""Tables as CSV, Markdown and LaTeX: the writer of every report."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

FORMATS = ("table", "json", "csv", "md", "latex")
Rows = Iterable[Sequence[str]]
LATEX = str.maketrans(
    {
        **{mark: f"\\{mark}" for mark in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "×": r"$\times$",
        "µ": r"\textmu{}",
        "…": r"\dots{}",
        "\n": " ",
    }
)


def csv_text(columns: Sequence[str], records: Iterable[Iterable[Any]]) -> str:
    """Return one line per record below the names of the columns, if given; None is empty."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    if columns:
        writer.writerow(columns)
    writer.writerows(records)
    return file.getvalue().rstrip("\n")


def markdown_table(
    columns: Sequence[str], rows: Rows, numeric: Sequence[bool], totals: Rows = ()
) -> str:
    """Return a table of Markdown; the names of totals are bold."""
    rule = "|".join("--:" if number else "---" for number in numeric)
    foot = [(f"**{name}**", *cells) for name, *cells in totals]
    head, *lines = [
        " | ".join(cell.replace("|", "\\|") for cell in row) for row in (columns, *rows, *foot)
    ]
    return "\n".join([f"| {head} |", f"|{rule}|", *(f"| {line} |" for line in lines)])


def latex_table(
    columns: Sequence[str],
    rows: Rows,
    numeric: Sequence[bool],
    totals: Rows = (),
    comments: Iterable[str] = (),
) -> str:
    r"""Return a `tabular` with the rules of the package booktabs, below comments.

    Blanks before a cell are `\quad`.
    """
    foot = [_latex_row(row) for row in totals]
    return "\n".join(
        [
            *(f"% {line}" for line in comments),
            r"% \usepackage{booktabs}",
            rf"\begin{{tabular}}{{{''.join('r' if number else 'l' for number in numeric)}}}",
            r"\toprule",
            _latex_row(columns),
            r"\midrule",
            *map(_latex_row, rows),
            *([r"\midrule", *foot] if foot else []),
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(map(_latex, cells)) + r" \\"


def _latex(cell: str) -> str:
    text = cell.lstrip(" ")
    return r"\quad " * ((len(cell) - len(text)) // 2) + text.translate(LATEX)
