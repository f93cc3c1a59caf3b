"""Mutations of texts: at tokens, and at the places of the syntax tree."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from archdsl.diagnostics import Sink, Source, Span
from archdsl.syntax import ast
from archdsl.syntax.parse import parse

ROOT = Path(__file__).parent.parent.parent
LARGEST = 3_000  # bytes: a mutation of a short file is checked sooner
SLOW = ("power",)  # in names of files whose check takes seconds
TOKEN = re.compile(r"[A-Za-z_]\w*|\d+(?:x\d+)*|->|\*\*|//|[<>=!]=|\s+|.", re.DOTALL)
_WORDS = """{ } ( ) [ ] -> | , : = == / // ** * - + % @ @a . " # 0 1 2 3 64 3x3 7x7 2 0.5 1e9 -1
    true not in.channels conv bn relu add concat mul join skip repeat dense split aux i in range if
    else input output network block inline let default expect from import train a b stem {i} é ' ;
    for up(n) [n for n in [1,2]]
    9999999 params depth identity maxpool linear flatten avgpool global pad stride bias false 3x8x8
    drop_path(0.5) [1,2] \N{RIGHTWARDS ARROW}"""
WORDS = [*_WORDS.split(), "\n", "\t", "\x00", "\r\n", " "]
WRAPPERS = [
    "skip {{ {0} }}",
    "skip if in.channels > 3 {{ {0} }}",
    "repeat i, (a, b) in [[1, 2], [3, 4]] {{ {0} }}",
    "repeat 2 {{ {0} }}",
    "repeat i in range(3) {{ {0} }}",
    "dense 2 {{ {0} }}",
    "split 2 {{ {0} }}",
    "add {{ | identity | {0} }}",
    "concat {{ | {0} | identity | {0} }}",
    "mul {{ | {0} }}",
    "join(drop=0.5) {{ | {0} | identity }}",
    "aux {{ {0} }}",
    "wrapped: {{ {0} }}",
    "wrapped: repeat 1 {{ {0} }}",
    "if in.channels > 3 {{ {0} }}",
    "skip {{ {0} -> drop_path(0.5) }}",
]
ITEMS = (ast.Invoke, ast.Labelled, ast.Skip, ast.Repeat, ast.Split, ast.Aux, ast.If, ast.Reference)
BODIES = (ast.Body, ast.Group)
VALUES = (ast.Literal, ast.SizeLiteral, ast.Name, ast.List, ast.Binary, ast.Call, ast.Argument)
SORTS = (ITEMS, BODIES, VALUES)


@cache
def corpus() -> tuple[str, ...]:
    """The texts of shipped networks and of the tests' cases that are short."""
    folders = (ROOT / "architectures", ROOT / "tests/cases")
    paths = [path for folder in folders for path in sorted(folder.glob("**/*.arch"))]
    short = (path for path in paths if path.stat().st_size < LARGEST)
    quick = (path for path in short if not any(word in path.stem for word in SLOW))
    return tuple(path.read_text("utf-8", "replace") for path in quick)


def mutated_tokens(rng: random.Random, text: str) -> str:
    """One to four tokens or runs of tokens removed, replaced, inserted, doubled or moved."""
    tokens = TOKEN.findall(text)
    for _ in range(rng.randint(1, 4)):
        start = rng.randint(0, len(tokens))
        stop = min(len(tokens), start + rng.choice([0, 1, 1, 2, 4, 8]))
        other = rng.randint(0, len(tokens))
        word = rng.choice(WORDS)
        tokens = rng.choice(
            [
                tokens[:start] + tokens[stop:],
                [*tokens[:start], word, *tokens[stop:]],
                [*tokens[:start], word, *tokens[start:]],
                tokens[:stop] + tokens[start:],
                tokens[:other] + tokens[start:stop] + tokens[other:],
            ]
        )
    return "".join(tokens)


def mutated_tree(rng: random.Random, text: str) -> str:
    """One to three places of the tree replaced by others of their sort, wrapped, or removed."""
    for _ in range(rng.randint(1, 3)):
        places = _places(text)
        sort = rng.choice([ITEMS, ITEMS, ITEMS, BODIES, VALUES, VALUES])
        chosen = places.get(sort)
        if not chosen:
            continue
        start, stop = rng.choice(chosen)
        new = _replacement(rng, text, text[start:stop], sort, chosen)
        text = text[:start] + new + text[stop:]
    return text


def _replacement(
    rng: random.Random,
    text: str,
    old: str,
    sort: tuple[type, ...],
    places: list[tuple[int, int]],
) -> str:
    if sort is ITEMS and rng.random() < 0.4:
        return rng.choice(WRAPPERS).format(old)
    if sort is VALUES and rng.random() < 0.5:
        return rng.choice(
            ["0", "1", "2", "3", "4", "5x1", "0.5", "true", "[1, 2]", "-1", "in.height"]
        )
    if rng.random() < 0.1:
        return "{ }" if sort is BODIES else "identity"
    if rng.random() < 0.3:
        other = rng.choice(corpus())
        found = _places(other).get(sort)
        if found:
            begin, end = rng.choice(found)
            return other[begin:end]
    begin, end = rng.choice(places)
    return text[begin:end]


def _places(text: str) -> dict[tuple[type, ...], list[tuple[int, int]]]:
    found: dict[tuple[type, ...], list[tuple[int, int]]] = {}
    for node in _nodes(parse(Source("mutated.arch", text), Sink())):
        for sort in SORTS:
            if isinstance(node, sort):
                found.setdefault(sort, []).append((node.span.start, node.span.end))
    return found


def _nodes(value: object) -> Iterator[object]:
    """Every node of a tree that has a place in the text."""
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, (list, tuple)):
            stack.extend(node)
        elif dataclasses.is_dataclass(node) and not isinstance(node, (Span, Source, type)):
            yield node
            stack.extend(getattr(node, field.name) for field in dataclasses.fields(node))
