"""Random `.arch` programs that pass `check`: well typed by construction.

`program(rng, options)` writes one from a `random.Random`; `programs(**options)` is a strategy for
hypothesis. The options are the fields of `Options`:

- `image=(c, h, w)` fixes the first input, `size=n` is about how many items there are;
- `stochastic=False` leaves out `drop_path` and rates of `join`; `certain=True` has rates of 0 and
  1 only, so that training has one result;
- `conditioned=True` keeps images at 8x8 or more and norms over many values, so that results can be
  compared to rounding;
- `several`, `auxiliary`, `devices` and `variants` set to False leave out what they name.

A program's last network is named `net`; with a variant there is also `net_variant`.
"""

from __future__ import annotations

import random

from hypothesis import strategies as st

from tests.programs.forms import FORMS
from tests.programs.frames import Frame
from tests.programs.options import Options
from tests.programs.writer import Writer, mentions

__all__ = ["Options", "program", "programs"]

DEFAULTS = ["default conv(bias=false)", "default bn(eps=0.001)", "default conv(init=xavier)"]


def program(rng: random.Random, options: Options = Options()) -> str:  # noqa: B008
    """The text of one random program."""
    writer = Writer(rng, options, FORMS, left=options.size)
    frame = Frame(top=True)
    lines = [f"input {name}{_size(shape)}" for name, shape in _inputs(rng, options)]
    shape = _inputs_of(lines)
    for name, size in shape.items():
        if name:
            frame.learn((name,), size)
    current = shape[next(reversed(shape))]
    if len(shape) > 1:
        name, current = rng.choice(list(shape.items()))
        lines.append(f"@{name} -> relu")
    times = rng.randint(0, 3)
    frame.numbers["width"] = rng.choice([2, 4, 6])
    while writer.left > 0:
        text, current = writer.body(frame, current, 0, 2)
        lines.append(text)
    if rng.random() < 0.3:
        lines.append("repeat depth { scale(0.5) }")
    lines += _ending(writer, frame, shape, lines)
    return _assembled(writer, frame, lines, times)


def _inputs(rng: random.Random, options: Options) -> list[tuple[str, tuple[int, ...]]]:
    """The inputs: names, empty for a single one, and shapes."""
    sizes = [8, 9, 12, 16] if options.conditioned else [1, 2, 3, 5, 6, 7, 8, 8, 9, 13]
    image = options.image or (rng.choice([1, 2, 3, 3, 4, 8]), rng.choice(sizes), rng.choice(sizes))
    if not options.several or rng.random() < 0.75:
        return [("", image)]
    found: list[tuple[str, tuple[int, ...]]] = [("left ", image)]
    for name in rng.sample(["right ", "mask ", "code "], rng.randint(1, 3)):
        flat = name == "code "
        found.append(
            (name, (6,) if flat else (rng.randint(1, 4), rng.choice(sizes), rng.choice(sizes)))
        )
    return found


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _inputs_of(lines: list[str]) -> dict[str, tuple[int, ...]]:
    words = [line.split() for line in lines]
    return {" ".join(parts[1:-1]): tuple(int(n) for n in parts[-1].split("x")) for parts in words}


def _ending(
    writer: Writer, frame: Frame, inputs: dict[str, tuple[int, ...]], lines: list[str]
) -> list[str]:
    """Uses what no one has read, and sometimes names several outputs."""
    rng, options = writer.rng, writer.options
    unread = [
        name
        for name in inputs
        if name and not any(mentions(line, f"{name}") for line in lines[len(inputs) :])
    ]
    last = [rng.choice(["last: relu", "last: identity", "last: scale(2)"])]
    unused = [f"@{name} -> use_{name}: scale(2)" for name in unread]
    last = [*last, *unused]
    outputs = ["@last"] + [f"@use_{name}" for name in unread]
    known = [value for value in frame.values if value.path[0] not in inputs]
    if options.several and known and rng.random() < 0.3:
        extra = {value.written(()) for value in rng.sample(known, min(len(known), 2))}
        outputs += sorted(extra)
    if len(outputs) > 1 or rng.random() < 0.2:
        return [*last, "output " + ", ".join(outputs)]
    return last if rng.random() < 0.3 else []


def _assembled(writer: Writer, frame: Frame, lines: list[str], times: int) -> str:
    text = "\n  ".join(lines)
    parameters = {"width": frame.numbers["width"], "depth": times}
    used = [f"{name} = {value}" for name, value in parameters.items() if mentions(text, name)]
    head = "network net" + (f"({', '.join(used)})" if used else "")
    rng = writer.rng
    defaults = [rng.choice(DEFAULTS)] if rng.random() < 0.2 else []
    blocks = list(writer.definitions.values())
    rng.shuffle(blocks)
    variant = []
    if writer.options.variants and mentions(text, "depth") and rng.random() < 0.5:
        variant = [f"network net_variant = net(depth={rng.randint(0, 3)})"]
    return "\n".join([*defaults, *blocks, f"{head} {{\n  {text}\n}}", *variant]) + "\n"


@st.composite
def programs(draw: st.DrawFn, **options: object) -> str:
    """A strategy for programs; the keywords are fields of `Options`."""
    rng = draw(st.randoms(use_true_random=False))
    return program(rng, Options(**options))  # type: ignore[arg-type]
