"""The pages show what the tools do: every block of code on them runs."""

from __future__ import annotations

import re
import subprocess
import sys
from argparse import Action
from importlib import import_module
from pathlib import Path

import pytest

from archdsl.analyses.axis import Number
from archdsl.analyses.receptive_field import Field, last_spatial, receptive_fields
from archdsl.cli.devices import shipped_devices
from archdsl.cli.parser import COMMANDS, parser
from archdsl.inference.pipeline import INFERENCE
from archdsl.ops import BUILT_IN
from tests.architectures.shipped import graph_of
from tests.pages import ROOT, refresh, run_page

PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)|<img src=\"([^\"]+)")
PICTURE = re.compile(r' data-line="\d+"|:\d+</title>')  # lines of the text move
COMMON = ("help", "color", "quiet")  # options of every command, in the text above the tables
GENERATED = "<!-- written by pytest tests/test_documentation.py --update-golden -->"


@pytest.mark.parametrize("page", PAGES)
def test_the_code_on_a_page_runs_as_shown(page: str, tmp_path: Path, update_golden: bool) -> None:
    if update_golden:
        refresh(page)
    run_page(page, tmp_path)
    if page == "docs/tutorial.md":
        drawn, shown = tmp_path / "tutorial.svg", ROOT / "docs/tutorial.svg"
        if update_golden:
            shown.write_bytes(drawn.read_bytes())
        assert PICTURE.sub("", drawn.read_text()) == PICTURE.sub("", shown.read_text())


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "docs/gallery/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    links = [a or b for a, b in LINK.findall((ROOT / page).read_text("utf-8"))]
    assert not [link for link in links if not (folder / link).exists()]


def test_every_page_can_be_reached_from_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    linked = {link for link, _ in LINK.findall(index)}
    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"} <= linked


def test_the_files_that_the_architecture_page_names_exist() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    named = set(re.findall(r"`([\w/]+\.(?:py|lark|py\.j2))`", page))
    files = [path.as_posix() for room in ("archdsl", "grammar", "tests", "benchmarks")
             for path in (ROOT / room).rglob("*.*")]  # fmt: skip
    missing = {name for name in named if not any(file.endswith(f"/{name}") for file in files)}
    assert len(named) > 20
    assert not missing


def test_the_page_of_commands_has_every_option(update_golden: bool) -> None:
    page = ROOT / "docs/commands.md"
    text = page.read_text("utf-8")
    wanted = text.partition(GENERATED)[0] + GENERATED + "\n" + "".join(map(_section, COMMANDS))
    if update_golden:
        page.write_text(wanted, "utf-8")
    assert page.read_text("utf-8") == wanted, "run this file with --update-golden"


def _section(command: str) -> str:
    """The heading, usage and options of a command, as its parser has them."""
    made = parser([command])[1][command]
    actions = [action for action in made._actions if action.dest not in COMMON]
    rows = []
    for action in actions:
        words = " ".join([", ".join(action.option_strings), _value(action)]).strip()
        rows.append(f"| `{words}` | {(action.help or '').replace('|', chr(92) + '|')} |")
    title = f"\n## {command}\n\n{COMMANDS[command][0].upper()}{COMMANDS[command][1:]}.\n\n"
    examples = import_module(f"archdsl.cli.{command}").EXAMPLES
    shown = [f"| `{line}` | {text} |" for line, text in examples]
    tables = ["| argument | meaning |", "|---|---|", *rows, ""] if rows else []
    return title + "\n".join([*tables, "| example | meaning |", "|---|---|", *shown]) + "\n"


def _value(action: Action) -> str:
    if action.nargs == 0:
        return ""
    choices = ",".join(map(str, action.choices)) if action.choices else ""
    named = action.metavar or (f"{{{choices}}}" if choices else action.dest.upper())
    return f"{named}".replace("|", "\\|") + ("…" if action.nargs in ("+", "*") else "")


def test_the_readme_lists_every_command() -> None:
    table = (ROOT / "README.md").read_text("utf-8").partition("| command | ")[2]
    rows = re.findall(r"^\| `archdsl (\w+)", table, re.MULTILINE)
    advice = "one row for each command of archdsl/cli/parser.py, in its order"
    assert list(dict.fromkeys(rows)) == list(COMMANDS), f"write in README.md {advice}"


def test_the_table_of_ops_has_every_op_of_the_language() -> None:
    page = (ROOT / "docs/language.md").read_text("utf-8")
    table = page.partition("| family | ops |")[2].partition("\n\n")[0]
    shown = set(re.findall(r"`(\w+)[(`]", table))
    wanted = BUILT_IN - {"input"}
    assert shown <= wanted, f"remove {sorted(shown - wanted)} from the table of docs/language.md"
    assert wanted <= shown, f"write {sorted(wanted - shown)} in the table of docs/language.md"


def test_the_table_of_passes_has_the_pipeline() -> None:
    table = (ROOT / "docs/inference.md").read_text("utf-8").partition("| pass | ")[2]
    rows = re.findall(r"^\| `(\w+)` \|", table.partition("\n\n")[0], re.MULTILINE)
    passes = [each.__name__ for each in INFERENCE if each.__name__ != "lower"]
    assert rows == passes, "write one row for each pass in the table of docs/inference.md"


def test_the_page_on_rooflines_lists_the_devices() -> None:
    page = (ROOT / "docs/roofline.md").read_text("utf-8")
    shown = re.search(r"Shipped devices are (.*?)\.", page, re.DOTALL)
    assert shown
    assert re.findall(r"`([\w-]+)`", shown[1]) == sorted(shipped_devices())


def test_the_page_of_line_counts_is_what_is_counted() -> None:
    script = ROOT / "benchmarks/compactness.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout == (ROOT / "benchmarks/results/compactness.md").read_text()


def test_the_page_on_receptive_fields_has_the_numbers_that_are_computed() -> None:
    text = (ROOT / "docs/receptive_field.md").read_text()
    walk, networks = text.split("## Networks")
    steps = re.findall(r"^\| `(\S+)` \| [^|]*\| (\d+) \| (\d+) \| (\d+) \|$", walk, re.MULTILINE)
    shown = {path: list(map(int, numbers)) for path, *numbers in steps}
    resnet = graph_of("resnet18")
    fields = receptive_fields(resnet)
    first = {node.path: figures(fields[node.id])[:3] for node in resnet.nodes[:12]}
    assert len(shown) == 5
    assert shown.items() <= first.items()
    table = re.findall(r"^\| `(\w+)` \|((?: \d+ \|){4})$", networks, re.MULTILINE)
    assert len(table) == 15
    for name, cells in table:
        last = last_spatial(graph_of(name), receptive_fields(graph_of(name)))
        assert list(map(int, cells.split("|")[:-1])) == figures(last), name


def figures(field: Field | None) -> list[Number]:
    """Size, stride, padding and smallest size, which are the same along both axes."""
    assert field
    height, width = field.axes
    assert height
    assert width
    shown = [[a.size, a.stride, a.padding, a.smallest] for a in (height, width)]
    assert shown[0] == shown[1]
    return shown[0]
