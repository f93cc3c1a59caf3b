"""Random programs and random mutations of real ones: success or findings, nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archdsl import driver, files
from archdsl.analyses.lints import LINTS
from archdsl.diagnostics import Sink, Source, pages
from archdsl.diagnostics.json_form import to_json
from archdsl.diagnostics.text_form import to_text
from archdsl.ir import verify

ROOT = Path(__file__).parent.parent
SEEDS = [
    path.read_text("utf-8")
    for folder in (ROOT / "architectures", ROOT / "tests" / "cases")
    for path in sorted(folder.glob("*.arch"))
    if path.stat().st_size < 6_000 and "power" not in path.stem
]
TOKEN = re.compile(r"[A-Za-z_]\w*|\d+(?:x\d+)*|->|\*\*|//|[<>=!]=|\s+|.", re.DOTALL)
_WORDS = """{ } ( ) [ ] -> | , : = == / // ** * - + % @ @a . \n " # 0 1 2 3 64 3x3 7x7 2 0.5 1e9
    true not in.channels conv bn relu add concat mul skip repeat i in range if else input output
    network block inline let default expect from import train a b stem {i} \t é \x00 ' ; 9999999
    params depth identity maxpool linear flatten avgpool global pad stride bias false"""
WORDS = st.sampled_from(_WORDS.split(" "))
QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def holds(text: str) -> None:
    """The outcome of a text is success, with graphs that hold together, or findings."""
    source = Source("random.arch", text)
    found, _ = driver.report(source, files.library(), LINTS)
    for finding in found:
        assert finding.span is not None
        assert 0 <= finding.span.start <= finding.span.end <= len(finding.span.source.text)
        assert pages.page(finding.code), finding.code
        assert finding.message
        assert to_text(finding).startswith(f"{finding.severity}[{finding.code}]: ")
        assert to_text(finding, colour=True)
        json.dumps(to_json(finding))
    if all(finding.severity == "warning" for finding in found):
        sink = Sink()
        for graph in driver.graphs(source, files.library(), sink, driver.Request()):
            verify(graph)
        assert not sink


# ------------------------------------------------------------------ programs


def expressions() -> st.SearchStrategy[str]:
    small = st.integers(0, 20).map(str)
    atoms = small | st.sampled_from(["k", "width", "in.channels", "in.height", "true", "[1, 2, 3]"])
    operators = st.sampled_from(["+", "-", "*", "//", "%", "/", "**", "==", "<", "and"])
    pairs = st.tuples(atoms, operators, atoms).map(" ".join)
    calls = st.tuples(st.sampled_from(["len", "max", "round", "range"]), atoms)
    return atoms | pairs | calls.map(lambda call: f"{call[0]}({call[1]})")


def layers() -> st.SearchStrategy[str]:
    value = expressions()
    simple = st.sampled_from(
        [
            "relu",
            "bn",
            "identity",
            "maxpool(2x2)",
            "flatten",
            "unit(8)",
            "unit(k)",
            "@a",
            "tower(2)",
        ]
    )
    conv = value.map(lambda width: f"conv(3x3, {width})")
    return st.recursive(
        simple | conv,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(" -> ".join),
            inner.map(lambda layer: f"skip {{ {layer} }}"),
            inner.map(lambda layer: f"a: {{ {layer} }}"),
            st.tuples(inner, inner).map(lambda two: f"add {{ | {two[0]} | {two[1]} }}"),
            st.tuples(inner, inner).map(lambda two: f"concat {{ | {two[0]} | {two[1]} }}"),
            st.tuples(value, inner).map(lambda two: f"repeat {two[0]} {{ {two[1]} }}"),
            st.tuples(value, inner).map(lambda two: f"repeat i in {two[0]} {{ l{{i}}: {two[1]} }}"),
            st.tuples(value, inner).map(lambda two: f"if {two[0]} {{ {two[1]} }} else {{ relu }}"),
        ),
        max_leaves=6,
    )


@st.composite
def programs(draw_from: st.DrawFn) -> str:
    lines = draw_from(st.lists(layers(), min_size=1, max_size=5))
    size = draw_from(st.sampled_from(["3x8x8", "8x4x4", "64", "1x1x1", "3x0x2"]))
    parameter = draw_from(expressions())
    return "\n".join(
        [
            "let width = 8",
            f"block unit(c) {{ {draw_from(layers())} -> conv(1x1, c) }}",
            "block tower(depth) { if depth > 0 { relu -> tower(depth - 1) } else { bn } }",
            f"network random(k = {parameter}) {{",
            f"    input {size}",
            "    a: relu",
            *(f"    {line}" for line in lines),
            "}",
        ]
    )


@QUICK
@given(programs())
def test_random_programs_are_checked_without_surprise(text: str) -> None:
    holds(text)


@QUICK
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_random_words_are_checked_without_surprise(text: str) -> None:
    holds(text)


# ------------------------------------------------------------------ mutations


@st.composite
def mutations(draw_from: st.DrawFn) -> str:
    tokens = TOKEN.findall(draw_from(st.sampled_from(SEEDS)))
    for _ in range(draw_from(st.integers(1, 4))):
        start = draw_from(st.integers(0, len(tokens)))
        stop = min(len(tokens), start + draw_from(st.integers(0, 8)))
        other = draw_from(st.integers(0, len(tokens)))
        word = draw_from(WORDS)
        tokens = draw_from(
            st.sampled_from(
                [
                    tokens[:start] + tokens[stop:],
                    [*tokens[:start], word, *tokens[stop:]],
                    [*tokens[:start], word, *tokens[start:]],
                    tokens[:stop] + tokens[start:],
                    tokens[:other] + tokens[start:stop] + tokens[other:],
                ]
            )
        )
    return "".join(tokens)


@settings(QUICK, max_examples=50)
@given(mutations())
def test_mutated_files_are_checked_without_surprise(text: str) -> None:
    holds(text)


@settings(QUICK, max_examples=50)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_any_text_at_all_is_checked_without_surprise(text: str) -> None:
    holds(text)
