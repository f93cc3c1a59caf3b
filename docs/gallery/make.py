"""Draws every shipped network, and one figure a paper, into this folder."""

from __future__ import annotations

import sys
from pathlib import Path

from archdsl import files
from archdsl.cli.main import main

HERE = Path(__file__).parent
FIGURES = {  # file: the words of the command, and what it shows
    "lenet-5": (["lenet5"], "LeCun et al. 1998, figure 2."),
    "alexnet": (
        ["alexnet_towers"],
        "Krizhevsky et al. 2012, figure 2: two towers that meet twice.",
    ),
    "zfnet": (["zfnet"], "Zeiler and Fergus 2013, figure 3."),
    "network-in-network": (
        ["nin_cifar10"],
        "Lin et al. 2013, figure 2: 1×1 convolutions after each convolution.",
    ),
    "vgg": (["vgg16"], "Simonyan and Zisserman 2014, table 1, column D."),
    "inception": (["inception_reduced"], "Szegedy et al. 2014, figure 2b."),
    "googlenet": (
        ["googlenet", "--level", "block"],
        "Szegedy et al. 2014, figure 3, with both auxiliary classifiers.",
    ),
    "resnet": (
        ["resnet34", "--level", "block"],
        "He et al. 2015, figure 3: identities solid, projections dashed.",
    ),
    "bottleneck": (
        ["resnet50", "--level", "stage", "--expand", "layer1"],
        "He et al. 2015, figure 5, right, and table 1.",
    ),
    "pre-activation": (
        ["preresnet164", "--level", "stage", "--expand", "layer2"],
        "He et al. 2016, figure 4e: norm and activation come first.",
    ),
    "wide-resnet": (
        ["wrn_28_10", "--level", "stage", "--expand", "layer2"],
        "Zagoruyko and Komodakis 2016, figure 1d and table 1.",
    ),
    "resnext": (
        ["resnext50_32x4d", "--level", "stage", "--expand", "layer1"],
        "Xie et al. 2016, figure 3c: grouped convolutions.",
    ),
    "inception-v3": (
        ["inception_v3", "--level", "stage", "--expand", "Mixed_6b"],
        "Szegedy et al. 2015, figure 6: factorised convolutions.",
    ),
    "inception-v4": (
        ["inception_v4", "--level", "block"],
        "Szegedy et al. 2016, figures 3 to 9.",
    ),
    "inception-resnet-v2": (
        ["inception_resnet_v2", "--level", "stage", "--expand", "repeat"],
        "Szegedy et al. 2016, figures 15 and 16.",
    ),
    "fractalnet": (
        ["fractalnet40", "--level", "network", "--expand", "block1"],
        "Larsson et al. 2016, figure 1: four columns, joined.",
    ),
    "densenet": (
        ["densenet121", "--expand", "features.denseblock1"],
        "Huang et al. 2017, figures 1 and 2: what all layers read, and widen.",
    ),
    "squeezenet": (
        ["squeezenet1_0_complex_bypass", "--level", "block"],
        "Iandola et al. 2016, figure 2, right.",
    ),
    "mobilenet-v2": (
        ["mobilenet_v2", "--level", "stage", "--expand", "features.3"],
        "Sandler et al. 2018, figure 4d: an inverted residual.",
    ),
    "shufflenet-v2": (
        ["shufflenet_v2_x1_0", "--level", "stage", "--expand", "stage2"],
        "Ma et al. 2018, figures 3c and 3d: halves that a shuffle mixes.",
    ),
    "efficientnet": (
        ["efficientnet_b0", "--level", "stage", "--expand", "features.3.1"],
        "Tan and Le 2019, table 1, and one of its blocks.",
    ),
    "parameters": (["vgg16", "--color-by", "params"], "Where the parameters of VGG-16 are."),
    "multiply-adds": (["vgg16", "--color-by", "macs"], "Where its multiply-adds are."),
}
HEAD = """# Gallery

Every picture here is drawn by `make gallery` from the files in
[architectures](../../architectures); [docs/diagrams.md](../diagrams.md) says what can be asked for.
Hovering over a part of an SVG shows all that is known of it; the pictures follow the light or dark
theme of the page.

## One figure a paper
"""


def run() -> int:
    """Draws everything; the exit code of the first command that failed, else 0."""
    lines = [HEAD]
    for name, (words, caption) in FIGURES.items():
        if words[0] not in files.shipped_networks():
            continue
        failed = main(["render", *words, "-o", str(HERE / f"figure-{name}.svg")])
        if failed:
            return failed
        command = f"archdsl render {' '.join(words)}"
        lines.append(f"### {caption}\n\n`{command}`\n\n![{caption}](figure-{name}.svg)\n")
    lines.append("## Every network\n")
    for name in shown_networks():
        failed = main(["render", name, "-o", str(HERE / f"{name}.svg")])
        if failed:
            return failed
        lines.append(f"- [{name}]({name}.svg)")
    (HERE / "README.md").write_text("\n".join(lines) + "\n", "utf-8")
    return 0


def shown_networks() -> list[str]:
    """The shipped networks whose parameters are all bound: those that a command can draw."""
    from archdsl.diagnostics import Sink
    from archdsl.elaboration.modules import Reader

    found = []
    for name in files.shipped_networks():
        given = files.given(name)
        module = Reader(files.library(), Sink()).read(given.source)
        if not module.networks[name].unbound():
            found.append(name)
    return found


if __name__ == "__main__":
    sys.exit(run())
