"""`archdsl check FILE…`: report mistakes, with their places and a fix, and lint warnings."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from archdsl import driver, files
from archdsl.cli.arguments import expanded
from archdsl.cli.lint_selection import add_lint_arguments, selected
from archdsl.cli.main import UsageError
from archdsl.cli.progress import progress
from archdsl.cli.request import Facts, add_request_arguments, each_once, request_from
from archdsl.cli.terminal import coloured, remark
from archdsl.cli.watch import add_watch_argument
from archdsl.diagnostics import Diagnostic, Rejected, Sink
from archdsl.diagnostics.diagnostic import MOST_FINDINGS
from archdsl.diagnostics.limit_errors import too_many_mistakes
from archdsl.diagnostics.text_form import safe, to_text

FORMATS = ("text", "json", "github", "sarif", "junit")
MORE = too_many_mistakes(0).code


EXAMPLES = (
    ("archdsl check net.arch", "report the mistakes and warnings of a file"),
    ("archdsl check net.arch --set depth=50", "check a network with another argument"),
    ("archdsl check --fix net.arch", "apply the fixes that keep all weights"),
    (
        "archdsl check --strict --format json a.arch b.arch",
        "fail for warnings too, and print JSON for other tools",
    ),
    ("archdsl check --format github nets", "annotate the lines of a pull request"),
)


def add_arguments(parser: ArgumentParser) -> None:
    add_request_arguments(parser)
    add_watch_argument(parser)
    parser.add_argument(
        "--format", choices=FORMATS, default="text",
        help="text, json, or what a service reads: github (annotations), sarif, junit",
    )  # fmt: skip
    add_lint_arguments(parser)
    parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")
    parser.add_argument(
        "--fix",
        action="store_true",
        help="apply the fixes that keep the keys and shapes of all weights",
    )
    parser.add_argument("--unsafe-fixes", action="store_true", help="with --fix: apply all fixes")


def run(options: Namespace) -> int:
    """Check all files; return 1 if there are mistakes (with --strict: or warnings), else 0.

    Return 2 if one cannot be read; raise `UsageError` if one cannot be fixed.
    """
    lints = selected(options)
    if options.fix and (options.network or options.settings or options.inputs):
        raise UsageError("--fix is for whole files: leave out --network, --set and --input")
    found: list[Diagnostic] = []
    fixed: list[Diagnostic] = []
    stated = Sink()
    unread: list[str] = []
    arguments = expanded(options.files)
    for argument in progress(arguments, len(arguments), "files"):
        try:
            given = files.given(argument)
        except Rejected as rejected:
            found.append(rejected.diagnostic)
            continue
        except UsageError as error:
            unread.append(str(error))
            continue
        source = given.source
        if options.fix:
            from archdsl.cli.fix import Fixer, fix_file

            source, applied = fix_file(source, Fixer(lints, options.unsafe_fixes))
            fixed += applied
        request = request_from(options, None if options.fix else given.network)
        facts = stated if request.changes else None
        found += driver.report(source, files.library(), lints, request, facts)[0]
    found = each_once(found)
    if len(unread) == len(arguments):
        pass  # nothing was checked
    elif options.format != "text":
        print(_formatted(found, options.format, arguments))
    else:
        _print_text(found, fixed, options, len(arguments) - len(unread))
    Facts(each_once(stated.in_order()), changed=True).report()
    for why in unread:
        print(f"archdsl: {why}", file=sys.stderr)
    if unread:
        return 2
    return int(any(options.strict or finding.severity == "error" for finding in found))


def _print_text(
    found: list[Diagnostic], fixed: list[Diagnostic], options: Namespace, count: int
) -> None:
    colour = coloured(sys.stdout)
    for diagnostic in found:
        print(to_text(diagnostic, colour), end="\n\n")
    for diagnostic in fixed:
        what = diagnostic.fix.message if diagnostic.fix else ""
        print(f"fixed[{diagnostic.code}]: {safe(f'{what} at {diagnostic.span}')}")
    remark(
        f"{', '.join(_counted(found, fixed))} in {count} {'file' if count == 1 else 'files'}",
        sys.stdout,
    )
    safe_ones = sum(d.fix is not None and d.fix.safe for d in found)
    if safe_ones and not options.fix:
        remark(f"{safe_ones} of them can be fixed with --fix", sys.stdout)


def _counted(found: list[Diagnostic], fixed: list[Diagnostic]) -> Iterator[str]:
    warnings = sum(diagnostic.severity == "warning" for diagnostic in found)
    stops = sum(diagnostic.code == MORE for diagnostic in found)
    mistakes = len(found) - warnings - stops
    at_least = "more than " if stops else ""
    yield "no mistakes" if not mistakes else at_least + _many(mistakes, "mistake")
    if warnings:
        listed = f" (at most {MOST_FINDINGS} of a file are listed)"
        yield _many(warnings, "warning") + (listed if warnings >= MOST_FINDINGS else "")
    if fixed:
        yield f"{len(fixed)} fixed"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _formatted(found: list[Diagnostic], form: str, names: list[str]) -> str:
    """The messages in a format for other tools."""
    from json import dumps

    from archdsl.diagnostics import ci_forms
    from archdsl.diagnostics.json_form import to_json
    from archdsl.version import __version__

    match form:
        case "github":
            return "\n".join(ci_forms.to_github(found))
        case "sarif":
            return dumps(ci_forms.to_sarif(found, __version__), indent=2)
        case "junit":
            return ci_forms.to_junit(found, names)
        case _:
            return dumps([to_json(diagnostic) for diagnostic in found], indent=2)
