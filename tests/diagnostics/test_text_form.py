"""How a message looks: carets under what is meant, whatever the line holds."""

from __future__ import annotations

from archdsl.diagnostics import Diagnostic, Frame, Note, Source, Span
from archdsl.diagnostics.text_form import WIDEST, to_text


def drawn(text: str, start: int, end: int) -> list[str]:
    """The source line and the line of carets."""
    span = Span(Source("case.arch", text), start, end)
    lines = to_text(Diagnostic("A101", "message").at(span)).splitlines()
    return [line.split("|", 1)[1].removeprefix(" ") for line in lines[3:5]]


def test_carets_stand_below_the_span() -> None:
    assert drawn("ab cd ef", 3, 5) == ["ab cd ef", "   ^^"]


def test_tabs_become_spaces_and_carets_follow() -> None:
    assert drawn("\ta\tb", 3, 4) == ["    a   b", "        ^"]


def test_wide_characters_take_two_carets() -> None:
    assert drawn("漢字x", 1, 2) == ["漢字x", "  ^^"]


def test_combining_characters_take_none() -> None:
    assert drawn("e\u0301x", 2, 3) == ["e\u0301x", " ^"]


def test_characters_that_steer_a_terminal_are_replaced() -> None:
    assert drawn("\x1b[31m\u202ex\x00", 6, 7) == ["�[31m�x�", "      ^"]


def test_only_the_first_line_of_a_span_is_marked() -> None:
    assert drawn("a { b\nc }", 2, 9) == ["a { b", "  ^^^"]


def test_a_span_at_the_end_of_the_text_has_one_caret() -> None:
    assert drawn("abc", 3, 3) == ["abc", "   ^"]


def test_a_long_line_is_clipped_around_the_caret() -> None:
    text = "x" * 5000 + "HERE" + "y" * 5000
    line, carets = drawn(text, 5000, 5004)
    assert len(line) <= WIDEST + 2
    assert line.startswith("…x")
    assert line.endswith("y…")
    assert line[carets.index("^") : carets.index("^") + 4] == "HERE"
    assert carets.count("^") == 4


def test_a_long_span_is_clipped_too() -> None:
    line, carets = drawn("z" * 10_000, 0, 10_000)
    assert len(line) <= WIDEST + 2
    assert len(carets) <= WIDEST + 2


def test_an_empty_text_is_drawn_without_a_line() -> None:
    span = Span(Source("empty.arch", ""), 0, 0)
    text = to_text(Diagnostic("A110", "the file defines nothing", help="start").at(span))
    assert text == "error[A110]: the file defines nothing\n  --> empty.arch:1:1\nhelp: start"


def test_notes_elsewhere_show_their_line_and_calls_are_named() -> None:
    source = Source("case.arch", "first line\nsecond line\nthird line\n")
    note = Note("defined here", Span(source, 0, 5))
    same = Note("and here", Span(source, 11, 17))
    chain = (Frame("inner", Span(source, 23, 28)), Frame("net", Span(source, 0, 5)))
    problem = Diagnostic("A209", "twice", notes=(note, same), help="rename it")
    assert (
        to_text(problem.at(Span(source, 18, 22), chain))
        == """\
error[A209]: twice
  --> case.arch:2:8
  |
2 | second line
  |        ^^^^
note: defined here (case.arch:1:1)
  |
1 | first line
  | -----
note: and here (case.arch:2:1)
  in `inner`, called at case.arch:3:1
  in network `net`
help: rename it"""
    )


def test_a_long_chain_of_calls_is_cut_in_the_middle() -> None:
    source = Source("case.arch", "line\n")
    frames = tuple(Frame(f"b{i}", Span(source, 0, 1)) for i in range(100))
    lines = to_text(Diagnostic("A401", "deep").at(Span(source, 0, 1), frames)).splitlines()
    assert "  … 94 calls more" in lines
    assert lines[-1] == "  in network `b99`"
    assert len(lines) == 12


def test_colour_is_only_there_when_asked_for() -> None:
    problem = Diagnostic("A101", "message").at(Span(Source("case.arch", "abc"), 0, 1))
    assert "\033" not in to_text(problem)
    assert "\033[1;31merror[A101]\033[0m" in to_text(problem, colour=True)


def test_a_lint_is_a_warning_in_another_colour() -> None:
    assert "\033[1;33mwarning[L201]\033[0m" in to_text(Diagnostic("L201", "message"), colour=True)
