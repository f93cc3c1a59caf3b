"""`archdsl compile FILE…`: PyTorch code, one standalone file per network."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from archdsl.cli.main import Findings, UsageError
from archdsl.cli.origin import Origins
from archdsl.cli.output import announce, write_all
from archdsl.cli.progress import progress
from archdsl.cli.request import Chosen, add_request_arguments, chosen_of_files
from archdsl.cli.watch import add_watch_argument
from archdsl.deep_stack import bounded
from archdsl.diagnostics import Rejected
from archdsl.diagnostics.suggest import listing
from archdsl.elaboration.check_files import generated_files
from archdsl.ir import Graph, Scope

MOST_DEVICES = 64
LONGEST_HEAD = 1_000_000  # bytes that hold the docstring of a generated file


EXAMPLES = (
    ("archdsl compile resnet50", "write generated/resnet50.py"),
    (
        "archdsl compile net.arch --set depth=50 --input 3x192x192 -o code",
        "bind a parameter, change the size of the input, and write to the folder code",
    ),
    ("archdsl compile resnet50 --target inference", "also write an inference engine"),
    ("archdsl compile --check net.arch", "exit with 1 if the generated files are out of date"),
)


def add_arguments(parser: ArgumentParser) -> None:
    add_request_arguments(parser)
    add_watch_argument(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        help="the folder to write to, or `-` to print one file (default: that of the project's"
        " pyproject.toml, else generated)",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also replace files that archdsl did not generate",
    )
    parser.add_argument(
        "--no-expect",
        action="store_false",
        dest="expect",
        help="write code even if an `expect` line does not hold",
    )
    parser.add_argument(
        "--devices",
        type=_devices,
        metavar="N",
        help="distribute the towers of `split … on devices` over N devices",
    )
    parser.add_argument(
        "--checkpoint",
        choices=("dense",),
        help="dense: in dense blocks keep only the outputs of convolutions, recompute the rest"
        " in backward",
    )
    parser.add_argument(
        "--no-inplace",
        action="store_false",
        dest="in_place",
        help="never overwrite an operand, as full backward hooks and attribution methods need it"
        " (default: overwrite where backward does not need the operand)",
    )
    parser.add_argument(
        "--target",
        choices=("module", "training", "inference"),
        default="module",
        help="module: what can be trained (default); training: the same in the layout that trains"
        " fastest, channels last; inference: beside the module an engine that loads its weights,"
        " NAME_inference.py",
    )
    parser.add_argument(
        "--standalone",
        action="store_true",
        help="with --target inference: an engine that needs only torch, with the part of"
        " archdsl.runtime that it uses in its file",
    )
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument(
        "--check",
        action="store_true",
        help="write nothing; list the files that are missing or differ from what would be"
        " written, and exit with 1 where there are some",
    )
    modes.add_argument("--diff", action="store_true", help="as --check, and print what differs")
    modes.add_argument(
        "--dump", choices=("graph",), help="print the graph as text instead of writing code"
    )
    modes.add_argument(
        "--explain-passes",
        action="store_true",
        help="print what each inference pass changes and saves, instead of writing code",
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text",
        help="with --explain-passes: output format (default: text)",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Write all chosen networks, or none if one has mistakes or an `expect` line does not hold."""
    chosen = chosen_of_files(options, options.files)
    graphs = [graph for each in chosen for graph in each.graphs]
    if options.expect:
        codes = [each.facts.report() for each in chosen]
        if any(codes):
            return 1
    if options.dump:
        from archdsl.ir import dump

        for graph in graphs:
            print(dump(graph), end="")
        return 0
    if options.explain_passes:
        from archdsl.cli import explain_passes

        _check_images(graphs, "inference")
        write = explain_passes.as_json if options.format == "json" else explain_passes.as_text
        with bounded():
            print(write(graphs))
        return 0
    if options.format == "json":
        raise UsageError("--format json: only --explain-passes prints facts here")
    _check_applicable(graphs, options)
    with bounded():  # modules are as deep as the text nests
        made = _files(chosen, options)
    if str(options.output) == "-":
        return _print(made, options)
    if options.check or options.diff:
        from archdsl.cli.stale import report_stale

        return report_stale(made, options.words, options.diff)
    if not options.force:
        for path in made:
            _check_generated(path)
    write_all(made)
    for path, text in made.items():
        announce(path, f"{text.count(chr(10))} lines")
    return 0


def _print(made: Mapping[Path, str], options: Namespace) -> int:
    """Print the only file; raise `UsageError` for several, or if none is to be written."""
    if options.check or options.diff:
        raise UsageError("-o -: there is no file to compare with")
    if len(made) > 1:
        names = listing(path.name for path in made)
        raise UsageError(f"-o - prints one file: here are {names}; choose one with --network")
    print("".join(made.values()), end="")
    return 0


def _check_generated(path: Path) -> None:
    """Raise `UsageError` for a file that archdsl did not write: its own begin with a known head."""
    from archdsl.backends.head import MARK

    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            head = file.read(LONGEST_HEAD)
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from None
    if head and not MARK.search(head.decode(errors="replace")):
        raise UsageError(
            f"{str(path)!r} is not generated by archdsl: choose another folder with -o,"
            " or replace it with --force"
        )


def _check_applicable(graphs: Sequence[Graph], options: Namespace) -> None:
    """Raise `UsageError` for an option about a feature that no network has."""
    if options.devices and not any(_has_towers(graph) for graph in graphs):
        raise UsageError("--devices: no network here has a `split … on devices`")
    if options.standalone and options.target != "inference":
        raise UsageError("--standalone is for engines: add --target inference")
    if options.target != "module":
        _check_images(graphs, options.target)
    if options.checkpoint and not any(_has_dense(graph) for graph in graphs):
        raise UsageError("--checkpoint dense: no network here has a block `label: dense … { … }`")


def _check_images(graphs: Sequence[Graph], target: str) -> None:
    """Raise `UsageError` for a network that has no layout channels last, and no engine."""
    from archdsl.analyses.axes import not_of_images

    for graph in graphs:
        if why := not_of_images(graph):
            raise UsageError(
                f"--target {target} is for images, and {why}: compile it with --target module"
            )


def _files(chosen: Sequence[Chosen], options: Namespace) -> dict[Path, str]:
    """The text of each file; raise `UsageError` if two networks map to one file."""
    made: dict[Path, str] = {}
    for each in progress(chosen, len(chosen), "files"):
        origins = Origins(each.sources, options)
        for graph in each.graphs:
            for name, text in _texts(graph, origins, options):
                path = options.output / name
                if made.setdefault(path, text) != text:
                    raise UsageError(
                        f"two files define a network for {str(path)!r}:"
                        " compile them into different folders with -o"
                    )
    return made


def _texts(graph: Graph, origins: Origins, options: Namespace) -> Iterator[tuple[str, str]]:
    """The module of a network, and its engine with `--target inference`."""
    module, engine = generated_files(graph.name)
    yield module, _module(graph, origins, options)
    if options.target == "inference":
        from archdsl.backends.torch import emit_engine
        from archdsl.inference.pipeline import optimised

        own = ["--standalone"] if options.standalone else []
        origin = origins.of(graph.name, "--target", "inference", *own)
        yield engine, emit_engine(optimised(graph), origin, options.standalone)


def _module(graph: Graph, origins: Origins, options: Namespace) -> str:
    """The module of a network, compiled with the options that apply to it."""
    from archdsl.backends.torch import Devices, emit
    from archdsl.passes.towers import place_towers

    devices, own = None, []
    made = graph
    if options.devices and _has_towers(graph):
        own += ["--devices", str(options.devices)]
        try:
            placed = place_towers(graph, options.devices)
        except Rejected as rejected:
            raise Findings([rejected.diagnostic]) from None
        made, devices = placed.graph, Devices(placed.devices, placed.elsewhere)
    recompute = options.checkpoint is not None and _has_dense(graph)
    if recompute:
        own += ["--checkpoint", options.checkpoint]
    channels_last = options.target == "training"
    if channels_last:
        own += ["--target", "training"]
    if not options.in_place:
        own += ["--no-inplace"]
    origin = origins.of(graph.name, *own)
    return emit(made, origin, devices, recompute, channels_last, options.in_place)


def _has_towers(graph: Graph) -> bool:
    return _has(graph.root, "towers")


def _has_dense(graph: Graph) -> bool:
    return _has(graph.root, "dense", named=True)


def _has(scope: Scope, kind: str, named: bool = False) -> bool:
    """Whether a network has a scope of a kind, with a name that makes it a module."""
    found = scope.kind == kind and (scope.name is not None or not named)
    inner = (item for item in scope.items if isinstance(item, Scope))
    return found or any(_has(item, kind, named) for item in inner)


def _devices(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:4]) <= MOST_DEVICES:
        raise ArgumentTypeError(f"{text!r} is not a number of devices from 1 to {MOST_DEVICES}")
    return int(text)
