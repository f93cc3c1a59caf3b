"""Lines of `.arch` beside lines of Python for the same networks.

    python benchmarks/compactness.py [--write]

Both sides are counted alike: lines that hold more than a comment. First whole files; then of Python
only what makes the architecture: the named classes, functions and tables, without imports,
docstrings, decorators, what handles pretrained weights or logging, and methods for TorchScript; of
`.arch` what the networks need that both sides have, without facts.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from archdsl.diagnostics import Sink, Source
from archdsl.syntax import ast as arch
from archdsl.syntax.parse import parse
from archdsl.syntax.walk import walk

ROOT = Path(__file__).resolve().parent.parent
ARCHITECTURES = ROOT / "architectures"
RESULT = ROOT / "benchmarks" / "results" / "compactness.md"
BESIDES = {"_log_api_usage_once", "_transform_input", "weights", "original_aux_logits"}
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Family:
    """Networks that both sides define: `.arch` files, a Python file, and the names in it.

    `networks` are those of `.arch`, where they are not among the names.
    """

    title: str
    arch: str
    python: str
    names: str
    networks: str = ""


TORCHVISION = (
    Family("AlexNet", "alexnet", "alexnet", "AlexNet alexnet", "alexnet_owt"),
    Family(
        "VGG",
        "vgg",
        "vgg",
        "VGG make_layers cfgs _vgg vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn",
    ),
    Family(
        "ResNet, ResNeXt, wide ResNet",
        "resnet resnext wide_resnet",
        "resnet",
        "conv3x3 conv1x1 BasicBlock Bottleneck ResNet _resnet resnet18 resnet34 resnet50 resnet101 "
        "resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d wide_resnet50_2 "
        "wide_resnet101_2",
    ),
    Family(
        "DenseNet",
        "densenet",
        "densenet",
        "_DenseLayer _DenseBlock _Transition DenseNet _densenet densenet121 densenet161 "
        "densenet169 densenet201",
    ),
    Family(
        "GoogLeNet",
        "googlenet",
        "googlenet",
        "GoogLeNet Inception InceptionAux BasicConv2d GoogLeNetOutputs googlenet",
        "googlenet_bn",
    ),
    Family(
        "Inception-v3",
        "inception_v3",
        "inception",
        "InceptionOutputs Inception3 InceptionA InceptionB InceptionC InceptionD InceptionE "
        "InceptionAux BasicConv2d inception_v3",
        "inception_v3",
    ),
    Family(
        "SqueezeNet",
        "squeezenet",
        "squeezenet",
        "Fire SqueezeNet _squeezenet squeezenet1_0 squeezenet1_1",
    ),
)
REFERENCES = (
    Family("LeNet-5", "lenet5", "test_reference", "lenet5"),
    Family("ZFNet", "zfnet", "test_reference", "Normalise classifier zfnet"),
    Family(
        "Network in network",
        "nin",
        "test_reference_modules",
        "rectified halved nin_cifar10 nin_imagenet",
        "nin_cifar10 nin_imagenet",
    ),
    Family(
        "ResNet for CIFAR",
        "resnet_cifar resnet",
        "test_reference_units",
        "conv OptionA Residual basic network cifar_stem plain20 resnet20",
        "plain20 resnet20",
    ),
    Family(
        "Pre-activation ResNet",
        "preresnet resnet",
        "test_reference_units",
        "conv OptionA option_c Preactivated pre_basic pre_bottleneck network cifar_stem "
        "imagenet_stem preresnet14 preresnet20 preresnet26",
        "preresnet110 preresnet164 preresnet200",
    ),
)


@dataclass(frozen=True)
class Count:
    """The lines of a family on both sides: of whole files, of the architecture in the Python one,
    and `shared`, what of `.arch` the common networks need."""

    family: Family
    whole: int
    python: int
    arch: int
    facts: int
    shared: int


def count(family: Family, folder: Path) -> Count:
    names = family.arch.split()
    texts = [(ARCHITECTURES / f"{name}.arch").read_text("utf-8") for name in names]
    whole = [line for text in texts for line in code_lines(text)]
    facts = sum(line.startswith("expect ") for line in whole)
    path = folder / f"{family.python}.py"
    python = python_lines(path, family.names.split())
    return Count(
        family,
        len(python_code(path)),
        python,
        len(whole),
        facts,
        shared_lines(texts, (family.networks or family.names).split()),
    )


# ------------------------------------------------------------------ .arch


def code_lines(text: str) -> list[str]:
    """The lines that hold more than a comment, stripped."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def shared_lines(texts: list[str], networks: list[str]) -> int:
    """How many lines the networks need, with all that they use, and without facts.

    Lines that define nothing by name (imports and defaults) count for all.
    """
    named: dict[str, tuple[set[str], str]] = {}
    always = []
    for text in texts:
        for definition in parse(Source("counted.arch", text), Sink()).definitions:
            if isinstance(definition, arch.Expect):
                continue
            used = {node.id for node in walk(definition) if isinstance(node, arch.Name)}
            if isinstance(definition, (arch.Import, arch.Default)):
                always.append(definition.span.text)
            else:
                named.setdefault(definition.name.id, (used, definition.span.text))
    needed: set[str] = set()
    waiting = list(networks)
    while waiting:
        name = waiting.pop()
        if name in named and name not in needed:
            needed.add(name)
            waiting += named[name][0]
    lines = [line for text in always for line in code_lines(text)]
    lines += [line for name in needed for line in code_lines(named[name][1])]
    return sum(not line.startswith("expect ") for line in lines)


# ------------------------------------------------------------------ Python


def python_lines(path: Path, names: list[str]) -> int:
    """How many lines the definitions of a file take."""
    code = python_code(path)
    known = dict(definitions(ast.parse(path.read_text("utf-8"))))
    return sum(len((lines(known[name]) & code) - besides(known[name])) for name in names)


def python_code(path: Path) -> set[int]:
    """The numbers of the lines that hold more than a comment."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline)
    return {
        line
        for token in tokens
        if token.type not in NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }


def definitions(module: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Classes, functions and tables by name."""
    for node in module.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name, node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))


def besides(node: ast.AST) -> set[int]:
    """The lines within a definition that are not its architecture."""
    found: set[int] = set()
    for child in ast.iter_child_nodes(node):
        found |= lines(child) if is_besides(child) else besides(child)
    return found.union(*(lines(each) for each in getattr(node, "decorator_list", ())))


def is_besides(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        decorators = " ".join(ast.unparse(each) for each in node.decorator_list)
        return "torch.jit" in decorators or node.name in BESIDES
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    subject = node.test if isinstance(node, ast.If) and not node.orelse else node
    if isinstance(node, (ast.Assign, ast.Expr)) or subject is not node:
        return any(isinstance(each, ast.Name) and each.id in BESIDES for each in ast.walk(subject))
    return False


def lines(node: ast.AST) -> set[int]:
    """The lines from the first of a node to its last."""
    if not isinstance(node, (ast.stmt, ast.expr)):
        return set()
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    return set(range(first, (node.end_lineno or first) + 1))


# ------------------------------------------------------------------ the page


def table(counts: list[Count], whole: bool) -> str:
    """One row a family: lines and ratios; `whole` compares whole files, too."""
    rows = [_row(each.family.title, whole, each) for each in counts]
    heads = [
        *(["whole .py", "whole .arch", "ratio"] if whole else []),
        *["architecture in .py", "these networks in .arch", "ratio"],
    ]
    return "\n".join(
        [
            f"| networks | {' | '.join(heads)} |",
            f"|---|{'--:|' * len(heads)}",
            *rows,
            _row("all", whole, *counts),
        ]
    )


def _row(title: str, whole: bool, *counts: Count) -> str:
    pairs = [("whole", "arch"), ("python", "shared")]
    cells = [title]
    for theirs, ours in pairs if whole else pairs[1:]:
        python, arch = (sum(getattr(each, side) for each in counts) for side in (theirs, ours))
        cells += [str(python), str(arch), f"{python / arch:.1f}"]
    return f"| {' | '.join(cells)} |"


def variants(folder: Path) -> str:
    """What one more network costs, of those that are one line of `.arch` each."""
    alike: dict[int, list[str]] = {}
    for family in TORCHVISION:
        texts = [
            (ARCHITECTURES / f"{name}.arch").read_text("utf-8") for name in family.arch.split()
        ]
        found = re.findall(r"^network (\w+) =.*$", "\n".join(texts), re.MULTILINE)
        for name in family.names.split():
            if name in found:
                cost = python_lines(folder / f"{family.python}.py", [name])
                alike.setdefault(cost, []).append(name)
    rows = [f"| {', '.join(names)} | {cost} | 1 |" for cost, names in sorted(alike.items())]
    return "\n".join(["| each of | Python | .arch |", "|---|--:|--:|", *rows])


def page() -> str:
    """The whole result as Markdown."""
    package = find_spec("torchvision")
    assert package is not None
    assert package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0]) / "models"
    theirs = table([count(family, folder) for family in TORCHVISION], whole=True)
    references = table(
        [count(family, ROOT / "tests/architectures") for family in REFERENCES], whole=False
    )
    return PAGE.format(
        theirs=theirs,
        references=references,
        variants=variants(folder),
        version=version("torchvision").split("+")[0],
    )


PAGE = """\
# Lines of `.arch` beside lines of Python

A line counts when it holds more than a comment, on both sides. Whole files are what one opens to
read an architecture: of torchvision with docstrings and the tables of published weights, of `.arch`
with all that they import, `expect` lines, and whatever networks they define besides. Beside it the
bare architecture: of Python model classes, builder functions and their tables, without imports,
docstrings, decorators, what handles published weights or logs, and methods for TorchScript; of
`.arch` what the networks need that both sides have, without the facts that Python does not state.

Beside torchvision {version}:

{theirs}

One more network of a family, once it is there:

{variants}

Where torchvision has none, beside the plain PyTorch that the tests compare with. Each of those
is written for one purpose and as short as Python gets: no initialisation, no names for weights.

{references}

`python benchmarks/compactness.py --write` makes this page.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.relative_to(ROOT)}")
    options = parser.parse_args()
    text = page()
    if options.write:
        RESULT.write_text(text, "utf-8")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
