"""The process that Graphviz works in: a list of DOT texts a line, a list of layouts back.

Started by path, without the package: it imports nothing but pygraphviz.
"""

from __future__ import annotations

import json
import sys
import warnings


def main() -> None:
    """Answers until standard input ends."""
    import pygraphviz  # type: ignore[import-untyped,unused-ignore]

    warnings.simplefilter("ignore")
    for line in sys.stdin.buffer:
        answers = []
        for text in json.loads(line):
            graph = pygraphviz.AGraph(string=text)
            answers.append(graph.draw(format="plain", prog="dot").decode())
        sys.stdout.buffer.write(json.dumps(answers).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
