"""A command imports what it needs and no more: the start of a process is most of its time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import json, sys
from archdsl.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
NETWORK = "network tiny {\n    input 3x8x8\n    conv(3x3, 4) -> bn -> relu\n}\n"
HEAVY = {"torch", "torchvision", "numpy", "rich", "jinja2", "argcomplete"}


def imported(*arguments: str) -> set[str]:
    """The packages that a fresh process has imported after a command."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.arch"
    path.write_text(NETWORK)
    return str(path)


def test_help_imports_no_parser_and_no_graph() -> None:
    assert not imported("--help") & (HEAVY | {"lark", "networkx"})


def test_the_doctor_reads_versions_without_importing_packages() -> None:
    assert not imported("doctor") & (HEAVY | {"lark", "networkx"})


def test_check_imports_nothing_that_draws_or_computes(tiny: str) -> None:
    assert not imported("check", tiny) & (HEAVY | {"networkx"})


def test_check_of_a_mistake_does_not_either(tiny: str) -> None:
    Path(tiny).write_text(NETWORK.replace("relu", "rellu"))
    assert not imported("check", tiny) & HEAVY


def test_summary_as_json_imports_no_table(tiny: str) -> None:
    assert not imported("summary", tiny, "--format", "json") & HEAVY


def test_a_profile_imports_neither_a_table_nor_the_backend_for_torch(tiny: str) -> None:
    found = imported("profile", tiny, "--device", "t4", "--format", "csv")
    assert not found & (HEAVY | {"networkx"})


def test_compile_imports_no_torch(tiny: str, tmp_path: Path) -> None:
    found = imported("compile", tiny, "-o", str(tmp_path / "out"), "--target", "inference")
    assert not found & ((HEAVY - {"jinja2"}) | {"networkx"})


def test_an_engine_imports_its_runtime_and_no_other_module() -> None:
    """Where torch is imported already: a module of the standard library takes milliseconds."""
    code = (
        "import sys, torch, torch.nn.functional; known = {*sys.modules}; import archdsl.runtime;"
        "print(*sorted(name for name in {*sys.modules} - known if 'archdsl' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
