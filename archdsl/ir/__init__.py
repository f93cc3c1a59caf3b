"""The graph between the language and everything made from it."""

from archdsl.ir.dump import dump
from archdsl.ir.graph import Auxiliary, Graph, Node, Scope, frames
from archdsl.ir.rewrite import Rewrite
from archdsl.ir.verify import InvalidGraph, verify

__all__ = [
    "Auxiliary",
    "Graph",
    "InvalidGraph",
    "Node",
    "Rewrite",
    "Scope",
    "dump",
    "frames",
    "verify",
]
