"""Everything may run in several threads at once: no call sees the state of another."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from checking import library

from archdsl import driver
from archdsl.analyses.lints import LINTS
from archdsl.backends.torch import emit
from archdsl.deep_stack import STACK, bounded
from archdsl.diagnostics import Sink, Source, Span
from archdsl.ir import dump
from archdsl.syntax import ast
from archdsl.syntax.parse import parse
from archdsl.syntax.walk import walk

THREADS = 12
T = TypeVar("T")


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[int], T]) -> list[T]:
    """What `work` returns for the numbers of threads that begin together."""
    barrier = Barrier(THREADS)

    def run(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def text(number: int) -> str:
    """A file whose every name, label and number carries its own number."""
    lines = [f"    layer{number}_{{1 + {i}}}: conv(3x3, {number + i + 1})" for i in range(60)]
    body = "\n".join(lines)
    head = "\n" * number
    return (
        f"{head}block b{number}(w{number} = {number}) {{ conv(1x1, w{number} + 1) -> relu }}\n"
        f"network n{number} {{\n    input 3x8x8\n{body}\n    b{number}\n"
        f"    add {{ | identity | @layer{number}_{{60}} -> b{number} }}\n"
        f"    expect params == 0\n}}\n"
    )


def spans(source: Source) -> list[Span]:
    return [node.span for node in walk(parse(source, Sink()).definitions)]


def test_places_are_of_the_file_that_was_parsed() -> None:
    sources = [Source(f"{number}.arch", text(number)) for number in range(THREADS)]
    found = at_once(lambda number: spans(sources[number]))
    for source, places in zip(sources, found, strict=True):
        assert {place.source for place in places} == {source}
        assert [(p.start, p.end) for p in places] == [(p.start, p.end) for p in spans(source)]


def test_mistakes_are_of_the_file_that_was_checked() -> None:
    def mistakes(number: int) -> list[tuple[str, str]]:
        sink = Sink()
        source = Source(f"{number}.arch", text(number) + f"network m{number} {{ input 3x }}\n")
        driver.check(source, library({}), sink)
        return [(d.span.source.name, d.span.text) for d in sink.in_order() if d.span]

    for number, found in enumerate(at_once(mistakes)):
        assert {name for name, _ in found} == {f"{number}.arch"}
        assert [words for _, words in found] == ["params == 0", "3x"]


def test_graphs_code_and_reports_are_those_of_one_thread() -> None:
    def results(number: int) -> list[str]:
        source, sink = Source(f"{number}.arch", text(number)), Sink()
        (graph,) = driver.graphs(source, library({}), sink, driver.Request())
        diagnostics, _ = driver.report(source, library({}), LINTS)
        file = driver.variants(source, library({}), sink)
        assert file is not None
        swept = [file.build(driver.Request(f"n{number}"), lambda g: len(g.nodes))] * 2
        return [dump(graph), emit(graph), str(diagnostics), str(swept)]

    assert at_once(results) == [results(number) for number in range(THREADS)]


def test_the_limit_on_recursion_holds_until_the_last_thread_is_done() -> None:
    before = sys.getrecursionlimit()
    depth = 90
    nested = "network n {\n    input 3x8x8\n" + "skip { " * depth + "relu" + " }" * depth + "\n}\n"

    def nodes(number: int) -> int:
        wanted = nested if number % 2 else "network n {\n    input 3x8x8\n    relu\n}\n"
        found = 0
        for _ in range(3 if number % 2 else 20):
            source = Source("case.arch", wanted)
            (graph,) = driver.graphs(source, library({}), Sink(), driver.Request())
            found = len(graph.nodes)
        return found

    assert at_once(nodes) == [depth + 2 if number % 2 else 2 for number in range(THREADS)]
    assert sys.getrecursionlimit() == before


def test_an_inner_run_does_not_end_the_room_of_an_outer_one() -> None:
    before = sys.getrecursionlimit()
    first, second = bounded(), bounded()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert sys.getrecursionlimit() == STACK
    second.__exit__(None, None, None)
    assert sys.getrecursionlimit() == before


def test_names_are_of_their_own_file() -> None:
    trees = at_once(lambda number: parse(Source(f"{number}.arch", text(number)), Sink()))
    for number, tree in enumerate(trees):
        labels = [n.label.span.text for n in walk(tree.definitions) if isinstance(n, ast.Labelled)]
        assert labels[::-1] == [f"layer{number}_{{1 + {i}}}" for i in range(60)]
