"""Lints: what a reviewer of a network would point at, each a pure function from it to findings."""

from archdsl.analyses.lints.catalogue import LINTS, UNUSED, Lint
from archdsl.analyses.lints.review import review

__all__ = ["LINTS", "UNUSED", "Lint", "review"]
