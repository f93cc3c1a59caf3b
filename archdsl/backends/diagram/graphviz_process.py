"""The child process that runs Graphviz: DOT texts in, layouts out, one JSON list per line.

It is started by path, without the package, and imports nothing but pygraphviz.
"""

from __future__ import annotations

import json
import sys
import warnings

UNUSABLE = 3  # the parent uses `dot`


def main() -> None:
    """Answer until standard input ends."""
    try:
        import pygraphviz  # type: ignore[import-untyped,unused-ignore]
    except ImportError:  # as where the libraries that it was built with have been removed
        sys.exit(UNUSABLE)

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
