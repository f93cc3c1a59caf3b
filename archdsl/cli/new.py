"""`archdsl new NAME`: a commented file to begin with."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from archdsl import driver, files
from archdsl.cli.output import announce, write
from archdsl.diagnostics import Source, UsageError
from archdsl.diagnostics.suggest import clip
from archdsl.diagnostics.text_form import safe

EXAMPLES = (
    ("archdsl new mynet", "write mynet.arch, a small residual network with comments"),
    ("archdsl new mynet -o nets/first.arch", "write to another file"),
)
TEXT = """\
# A small residual network for images of 32 x 32 pixels. Change it, and check it again:
#   archdsl check {path}
#   archdsl summary {path}
#   archdsl compile {path}

# Every conv has these arguments where it does not give its own.
default conv(bias=false)

# A block is a part to use several times; a parameter can have a default.
block unit(width, stride = 1) {{
    skip project(width, stride) {{
        conv(3x3, width, /stride) -> bn -> relu
        conv(3x3, width) -> bn
    }}
    relu
}}

# The shortcut of a unit: a 1x1 convolution where the shape changes.
block project(width, stride) {{
    if in.channels != width or stride != 1 {{ conv(1x1, width, /stride) -> bn }}
}}

# A network begins with its input: channels, height and width of an image.
network {name}(classes = 10) {{
    input 3x32x32
    conv(3x3, 16) -> bn -> relu

    # A stage for each width; the second and third halve the image.
    repeat i, width in [16, 32, 64] {{
        stage{{i + 1}}: repeat j in range(2) {{ unit(width, 2 if i > 0 and j == 0 else 1) }}
    }}

    avgpool(global) -> flatten -> fc: linear(classes)
}}

# Facts that hold; `archdsl check` reports them if a change breaks one.
expect {name}.params < 200000
expect {name}.stage3.out == 64x8x8
"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the name of the network")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the file to write (default: NAME.arch)"
    )


def run(options: Namespace) -> int:
    """Write the file; raise `UsageError` if it exists or the network cannot have the name."""
    path: Path = options.output or Path(f"{options.name}.arch")
    text = TEXT.format(name=options.name, path=safe(str(path)))
    if not options.name.isidentifier():
        raise UsageError(f"{clip(options.name)!r} is no name: use letters, digits and `_`")
    found, _ = driver.report(Source(str(path), text), files.library(), ())
    if found:
        raise UsageError(f"a network cannot be called {clip(options.name)!r}: {found[0].message}")
    if path.suffix != ".arch":
        raise UsageError(f"{str(path)!r} is no source: end the name in .arch")
    if os.path.lexists(path):
        raise UsageError(f"{str(path)!r} exists: choose another name, or another file with -o")
    write(path, text)
    announce(path, f"{text.count(chr(10))} lines")
    return 0
