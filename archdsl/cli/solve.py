"""`sweep --solve NAME --for MEASURE=NUMBER`: the largest value of a parameter that keeps bounds."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archdsl.analyses.measures import MEASURES
from archdsl.cli.main import UsageError
from archdsl.cli.request import PARAMETER, RANGE, settings_from
from archdsl.cli.row_selection import value_of
from archdsl.cli.sweep_rows import SweepRow
from archdsl.diagnostics.suggest import clip, did_you_mean, listing
from archdsl.syntax import ast
from archdsl.syntax.parse import parse_expression

LARGEST = 2**20
MOST_MISTAKES = 64  # values in a row that may be mistakes, as between multiples of the groups


def add_solve_arguments(parser: ArgumentParser) -> None:
    """Add `--solve` and `--for`."""
    parser.add_argument(
        "--solve", metavar="NAME[=FIRST..LAST/STEP]",
        help="find the largest value of a parameter that keeps the bounds of --for, for each"
        f" combination of --set (default: of the whole numbers up to {LARGEST:,})",
    )  # fmt: skip
    parser.add_argument(
        "--for", action="append", default=[], metavar="NAME=NUMBER", dest="bounds",
        help="the most that a column may be, which grows with the parameter: --for macs=4.2e9",
    )  # fmt: skip


@dataclass(frozen=True)
class Solver:
    """The search for the largest of some values of a parameter that keeps all bounds."""

    name: str
    values: range
    bounds: Mapping[str, float]

    def __str__(self) -> str:
        kept = " and ".join(f"{word} <= {most:.12g}" for word, most in self.bounds.items())
        values = f"from {self.values[0]:,} to {self.values[-1]:,}"
        return f"no value of `{self.name}` {values} keeps {kept}"

    def setting(self, value: int) -> dict[str, ast.Expr]:
        """The setting of the parameter to a value."""
        return {self.name: parse_expression(str(value), f"--solve {self.name}")}

    def solve(self, row_of: Callable[[int], SweepRow]) -> SweepRow | None:
        """Return the row of the largest value that keeps the bounds; None where none does.

        Measures have to grow with the value. A value with a mistake counts as the next smaller one
        without. Builds a number of variants that is logarithmic in the result.
        """
        best: SweepRow | None = None
        low, high = -1, 0  # positions: `low` keeps the bounds, `high` is not known or does not
        step = 1
        while high < len(self.values):
            row = self._valid(row_of, high, low)
            if (row is None and high - low > MOST_MISTAKES) or (row and not self._keeps(row)):
                break
            best, low = row or best, high
            high, step = high + step, 2 * step
        high = min(high, len(self.values))
        while high - low > 1:
            middle = (low + high) // 2
            row = self._valid(row_of, middle, low)
            if (row is None and middle - low > MOST_MISTAKES) or (row and not self._keeps(row)):
                high = middle
            else:
                best, low = row or best, middle
        return best

    def _valid(self, row_of: Callable[[int], SweepRow], position: int, low: int) -> SweepRow | None:
        """The row of the nearest value without a mistake, down to above position `low`."""
        for nearest in range(position, max(low, position - MOST_MISTAKES), -1):
            row = row_of(self.values[nearest])
            if row.made:
                return row
        return None

    def _keeps(self, row: SweepRow) -> bool:
        measured = row.made.values if row.made else {}
        return all(measured.get(word, 0) <= most for word, most in self.bounds.items())


def solver_from(options: Namespace, set_ones: Sequence[str]) -> Solver | None:
    """The search in the options, if there is one; raise `UsageError` for half of one."""
    if not options.solve:
        if options.bounds:
            raise UsageError("--for bounds what --solve varies: add --solve NAME")
        return None
    if not options.bounds:
        raise UsageError("--solve needs a bound: add --for, as in --for macs=4.2e9")
    name, sign, text = options.solve.partition("=")
    name = name.strip()
    if not PARAMETER.fullmatch(name):
        raise UsageError(f"--solve {clip(options.solve)}: write NAME or NAME=FIRST..LAST/STEP")
    if name in set_ones:
        raise UsageError(f"--solve {name}: --set gives this parameter values already")
    return Solver(name, _range(text) if sign else range(1, LARGEST + 1), dict(_bounds(options)))


def _range(text: str) -> range:
    match = RANGE.fullmatch(text.strip())
    first, last, step = (int(each or 1) for each in match.groups()) if match else (1, 0, 1)
    if first > last or step < 1:
        raise UsageError(f"--solve {clip(text)}: a range is FIRST..LAST/STEP, as in 4..64/4")
    return range(first, last + 1, step)


def _bounds(options: Namespace) -> Iterator[tuple[str, float]]:
    for name, expression in settings_from(options.bounds, "--for").items():
        if name not in MEASURES:
            hint = did_you_mean(name, MEASURES, f"there are {listing(MEASURES)}")
            raise UsageError(f"--for: there is no column {clip(name)!r}; {hint}")
        value = value_of(expression)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"--for {name}: write a number, as in --for macs=4.2e9")
        yield name, value
