"""`archdsl fmt FILE…`: format files in place, or report those that are not formatted."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from difflib import unified_diff
from pathlib import Path

from archdsl import files
from archdsl.cli import output
from archdsl.cli.arguments import expanded
from archdsl.cli.main import Findings, UsageError
from archdsl.deep_stack import bounded
from archdsl.diagnostics import Rejected, Sink, Source
from archdsl.diagnostics.text_form import safe
from archdsl.syntax.parse import format_source

EXAMPLES = (
    ("archdsl fmt net.arch models", "format a file, and all .arch files below a folder"),
    (
        "archdsl fmt --check .",
        "list the files that are not formatted; exit with 1 if there are some",
    ),
    ("archdsl fmt - < net.arch", "print standard input, formatted"),
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="an .arch file, a folder with such files, or `-` for standard input",
    )
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument(
        "--check",
        action="store_true",
        help="write nothing; list the files that are not formatted, and exit with 1 if any",
    )
    modes.add_argument(
        "--diff", action="store_true", help="as --check, and print what would change"
    )


def run(options: Namespace) -> int:
    """Format all files, or none if one has a syntax error.

    Raise `Findings` with the errors, `UsageError` for a file that cannot be read or written.
    """
    sources = [_source(word) for word in expanded(options.files)]
    sink = Sink()
    made = [(source, _formatted(source, sink)) for source in sources]
    if sink:
        raise Findings(sink.in_order())
    if "-" in options.files and not (options.check or options.diff):
        return _printed(made)
    changed = [(source, text) for source, text in made if source.data != text.encode()]
    for source, text in changed:
        if options.check or options.diff:
            print(f"{safe(source.name)}: not formatted")
        if options.diff:
            print(_difference(source, text), end="")
        elif not options.check:
            output.rewrite(Path(source.name), text)
    dry = options.check or options.diff
    what = "not formatted" if dry else "formatted"
    print(f"{len(changed)} of {len(made)} {'file' if len(made) == 1 else 'files'} {what}")
    return int(dry and bool(changed))


def _source(word: str) -> Source:
    try:
        given = files.given(word)
    except Rejected as rejected:
        raise Findings([rejected.diagnostic]) from None
    if given.network:
        raise UsageError(f"{word!r} is of the shipped library, which fmt does not change")
    return given.source


def _formatted(source: Source, sink: Sink) -> str:
    """The text of a source in the standard format; its errors go to the sink."""
    with bounded():
        return format_source(source, sink)
    return source.text


def _printed(made: list[tuple[Source, str]]) -> int:
    if len(made) > 1:
        raise UsageError("`-` is printed, other files are changed: give them apart")
    print(made[0][1], end="")
    return 0


def _difference(source: Source, text: str) -> str:
    name = safe(source.name)
    lines = unified_diff(
        source.text.splitlines(True), text.splitlines(True), name, f"{name}, formatted"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
