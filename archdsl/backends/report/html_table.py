"""Tables as HTML for notebooks: every style is inline, so that exports keep it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from archdsl.backends.report.sheet import Sheet

TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
CELL = "padding:2px 10px;white-space:pre"
RULE = "border-top:1px solid currentColor"


def sheet_html(sheet: Sheet) -> str:
    """Return a table with its heading, its totals at the foot and its notes below."""
    notes = "".join(f"<p>{escape(note)}</p>" for note in sheet.notes)
    return table_html(sheet.columns, sheet.rows, sheet.words, sheet.totals, sheet.heading) + notes


def table_html(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    words: int,
    totals: Iterable[Sequence[str]] = (),
    heading: str = "",
) -> str:
    """Return a table whose first `words` columns are words, the others numbers."""
    caption = f'<caption style="text-align:left">{escape(heading)}</caption>' if heading else ""
    head = _row("th", columns, words)
    body = "".join(_row("td", row, words) for row in rows)
    foot = "".join(_row("th", row, words, RULE) for row in totals)
    return (
        f'<table style="{TABLE}">{caption}<thead>{head}</thead>'
        f"<tbody>{body}</tbody>{f'<tfoot>{foot}</tfoot>' if foot else ''}</table>"
    )


def _row(tag: str, cells: Sequence[str], words: int, rule: str = "") -> str:
    return f"<tr>{''.join(_cell(tag, text, i < words, rule) for i, text in enumerate(cells))}</tr>"


def _cell(tag: str, text: str, word: bool, rule: str) -> str:
    style = ";".join(filter(None, (CELL, f"text-align:{'left' if word else 'right'}", rule)))
    scope = ' scope="col"' if tag == "th" and not rule else ""
    return f'<{tag}{scope} style="{style}">{escape(text)}</{tag}>'
