"""Formulas as Python expressions: simplified, compared, written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.backends.torch.expressions import Writer, equivalent, negated, rewritten
from archdsl.ops.formulas import Fixed, Formula, Parameter, apply, formula_of, parameter, plain

A, B = (parameter(value, name, None) for name, value in (("a", 12), ("b", 5)))
NAMES = {Parameter("a", None, 12): "a", Parameter("b", None, 5): "b"}


def text(number: object) -> str:
    return Writer(dict(NAMES)).text(formula_of(number))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (A * B // 64 * 32, "a * b // 64 * 32"),
        (A // (B * 2), "a // (b * 2)"),
        (A - (B - 3), "a - (b - 3)"),
        ((A + B) * 2, "(a + b) * 2"),
        (-(A + B), "-(a + b)"),
        ((-A) ** 2, "(-a) ** 2"),
        (2**A, "2 ** a"),
        (A + B + B + B, "a + 3 * b"),
    ],
)
def test_an_expression_is_written_with_the_brackets_that_it_needs(
    number: int, expected: str
) -> None:
    assert text(number) == expected
    assert eval(expected, {"a": 12, "b": 5}) == number


def test_a_number_that_replaces_a_symbol_comes_first() -> None:
    def known(symbol: Formula) -> Formula:
        return Fixed(5) if symbol == Parameter("b", None, 5) else symbol

    found = [rewritten(formula_of(number), known) for number in (A * B, A // 2 * B, A * 4)]
    assert list(map(Writer(dict(NAMES)).text, found)) == ["5 * a", "a // 2 * 5", "a * 4"]


def numbers() -> st.SearchStrategy[int]:
    """Arithmetic on two parameters and small numbers."""
    leaves = st.sampled_from([A, B, 1, 2, 3, 64])
    signs = st.sampled_from(["+", "-", "*", "//"])

    def joined(inner: st.SearchStrategy[int]) -> st.SearchStrategy[int]:
        return st.builds(computed, signs, inner, inner)

    return st.recursive(leaves, joined, max_leaves=8)


def computed(sign: str, left: int, right: int) -> int:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    return left * right if sign == "*" else left // (right or 1)


@given(numbers())
def test_what_is_written_has_the_value_of_the_number(number: int) -> None:
    assert eval(text(number), {"a": 12, "b": 5}) == plain(number)


@given(numbers(), st.integers(1, 99), st.integers(1, 99))
def test_a_simplified_formula_has_the_value_for_other_arguments(
    number: int, a: int, b: int
) -> None:
    simple: Formula = rewritten(formula_of(number), lambda symbol: symbol)
    names = {"a": a, "b": b}
    try:
        expected = eval(text(number), dict(names))
    except ZeroDivisionError:
        return
    assert eval(Writer(dict(NAMES)).text(simple), dict(names)) == expected


def test_sums_of_equal_terms_are_equivalent() -> None:
    assert equivalent(formula_of(A + B + B), formula_of(2 * B + A))
    assert not equivalent(formula_of(A + B), formula_of(A - B))


def test_a_condition_is_negated_by_its_signs() -> None:
    both = apply(
        "and",
        (
            apply("==", (formula_of(A), Fixed(12)), True),
            apply("<", (formula_of(B), Fixed(9)), True),
        ),
        True,
    )
    assert Writer(dict(NAMES)).text(negated(both)) == "a != 12 or b >= 9"
