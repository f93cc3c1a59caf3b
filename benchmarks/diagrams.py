"""CPU seconds of `archdsl render`, whole process and its Graphviz, beside torchview's pictures.

torchview draws torchvision's models, laid out by the same Graphviz, with a limit of time:

    pip install torchview==0.2.7
    python benchmarks/diagrams.py [NETWORK …] [--write]

`--write` puts the table into `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

NETWORKS = ("resnet50", "resnet152", "densenet201", "inception_v4")
THEIRS = frozenset(["resnet50", "resnet152", "densenet201"])  # those of them in torchvision
RESULT = Path(__file__).resolve().parent / "results" / "diagrams.md"
LIMIT = 60.0
TORCHVIEW = """
import sys, pygraphviz, torchview
sys.path.insert(0, "tests")
from torchvision_reference import models
model = getattr(models, sys.argv[1])().eval()
drawn = torchview.draw_graph(model, input_size=(1, 3, 224, 224), depth=10, expand_nested=True)
graph = pygraphviz.AGraph(string=drawn.visual_graph.source)
print(len(graph.nodes()))
graph.draw(format="svg", prog="dot")
"""


def cpu(*command: str) -> float | None:
    """The CPU seconds of a process and what it starts; None past the limit."""
    before = os.times()
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None
    after = os.times()
    spent = (after.children_user, after.children_system)
    return sum(spent) - before.children_user - before.children_system


def render(name: str, *words: str) -> float | None:
    """The best of three, which leaves out what else the machine does."""
    command = (sys.executable, "-m", "archdsl", "render", name, *words, "-o", "-")
    found = [cpu(*command) for _ in range(3)]
    return min((each for each in found if each is not None), default=None)


def said(seconds: float | None) -> str:
    return f"{seconds:.2f}" if seconds is not None else f"more than {LIMIT:.0f}, and no picture"


def rows(names: list[str]) -> Iterator[str]:
    rival = find_spec("torchview") is not None
    yield "| network | CPU s, default | `--level op` | torchview, all ops |"
    yield "|---|--:|--:|--:|"
    for name in names:
        beside = "not installed"
        if rival and name in THEIRS:
            beside = said(cpu(sys.executable, "-c", TORCHVIEW, name))
        elif rival:
            beside = "not in torchvision"
        ours, all_ops = render(name), render(name, "--level", "op")
        yield f"| {name} | {said(ours)} | {said(all_ops)} | {beside} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", default=NETWORKS)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    options = parser.parse_args()
    text = "\n".join(
        [
            "# CPU seconds of a diagram, whole process and its Graphviz",
            "",
            "The best of three runs; torchview's once, with a limit.",
            "",
            *rows(options.networks),
            "",
            "`python benchmarks/diagrams.py --write` makes this page.",
        ]
    )
    print(text)
    if options.write:
        RESULT.write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
