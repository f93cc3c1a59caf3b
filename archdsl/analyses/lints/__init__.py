"""Lints: what a reviewer of a network would point at. Each is a pure function."""

from archdsl.analyses.lints.catalogue import CODES, LINTS, Lint
from archdsl.analyses.lints.review import review

__all__ = ["CODES", "LINTS", "Lint", "review"]
