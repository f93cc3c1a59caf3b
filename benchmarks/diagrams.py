"""CPU seconds of `archdsl render`, whole process and its Graphviz, beside torchview's pictures.

torchview draws torchvision's models, laid out by the same Graphviz, with a limit of time:

    pip install torchview==0.2.7
    python benchmarks/diagrams.py [NETWORK …]
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

NETWORKS = ("resnet50", "resnet152", "densenet201")
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
    return f"{seconds:9.2f} s" if seconds is not None else f"  > {LIMIT:.0f} s  "


def run(names: list[str]) -> None:
    rival = find_spec("torchview") is not None
    print(f"{'CPU time':14}{'default':>11}{'--level op':>12}{'torchview, all ops':>20}")
    for name in names or NETWORKS:
        beside = said(cpu(sys.executable, "-c", TORCHVIEW, name)) if rival else "not installed"
        print(f"{name:14}{said(render(name))} {said(render(name, '--level', 'op'))}{beside:>20}")


if __name__ == "__main__":
    run(sys.argv[1:])
