"""All lints with their codes; `default` says whether a plain check runs them.

Default lints are almost surely mistakes; the others are advice that depends on the author's aim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from archdsl.analyses.lints import channels, fields, layers, structure, training, windows
from archdsl.analyses.lints.network_index import Finding, NetworkIndex


class Lint(NamedTuple):
    """A code and its rule: a pure function from a network to findings."""

    code: str
    rule: Callable[[NetworkIndex], Iterator[Finding]]
    default: bool = True


def _of_comments(network: NetworkIndex) -> Iterator[Finding]:
    """Yield nothing: `review` itself finds unused comments (L901)."""
    return iter(())


UNUSED = "L901"
LINTS = (
    Lint("L101", structure.never_used),
    Lint("L102", structure.label_missing, default=False),
    Lint("L103", structure.channels_last),
    Lint("L201", layers.bias_before_norm),
    Lint("L202", layers.changes_nothing),
    Lint("L203", layers.linear_twice),
    Lint("L204", layers.norm_on_the_skip),
    Lint("L205", layers.neither_bias_nor_norm, default=False),
    Lint("L206", layers.norm_twice),
    Lint("L301", training.dropout_before_norm),
    Lint("L302", training.drops_everything),
    Lint("L303", training.softmax_at_the_end),
    Lint("L304", training.logits_rectified),
    Lint("L401", windows.rows_dropped),
    Lint("L402", windows.pixels_skipped, default=False),
    Lint("L403", windows.only_padding),
    Lint("L404", windows.pool_of_one),
    Lint("L501", fields.field_too_small, default=False),
    Lint("L502", fields.field_outgrown, default=False),
    Lint("L503", fields.centres_differ, default=False),
    Lint("L601", channels.uneven_channels, default=False),
    Lint(UNUSED, _of_comments),
)
CODES = frozenset(lint.code for lint in LINTS)


def without_unused_comments(lints: Iterable[Lint]) -> list[Lint]:
    """Return the lints except the one for comments that ignore nothing."""
    return [lint for lint in lints if lint.code != UNUSED]
