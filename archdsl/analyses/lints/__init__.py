"""Lints: what a reviewer of a network would point at. Each is a pure function."""

from archdsl.analyses.lints.catalogue import CODES, LINTS, Lint, without_unused_comments
from archdsl.analyses.lints.review import review

__all__ = ["CODES", "LINTS", "Lint", "review", "without_unused_comments"]
