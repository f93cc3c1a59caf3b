"""The forms of items: each writes itself with bodies that fit the current value.

A form returns its text and the shape of its result, or None where it does not fit.
"""

from __future__ import annotations

from tests.programs.frames import Frame, unrolled
from tests.programs.layers import MANY, Shape, layer
from tests.programs.templates import template
from tests.programs.writer import Form, Part, Writer, mentions


def group(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """`name: { a -> b }`."""
    if not frame.labels:
        return None
    label = frame.label(writer.number())
    inner = frame.inner(scope=(*frame.scope, label), indices=())
    before = len(frame.values)
    text, result = writer.body(inner, shape, depth)
    if " -> " not in text:
        del frame.values[before:]  # a group of one item is that item
    frame.learn((label,), result)
    return f"{label}: {{ {text} }}", result


def merge(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """`add`, `mul`, `join` and `concat` of one to four branches."""
    rng = writer.rng
    word = rng.choice(["add", "add", "concat", "concat", "mul", "join"])
    many = rng.choice([1, 2, 2, 2, 3, 4])
    label, inner = writer.opened(frame)
    first, target = writer.operand(inner, shape, depth, None)
    branches, channels = [first], [target[0]]
    for _ in range(many - 1):
        wanted = target
        if word == "concat":
            wanted = (rng.randint(1, 5), *target[1:])
        if word == "mul" and len(target) == 3 and writer.chance(0.4):
            wanted = (target[0], 1, 1)
        text, found = writer.operand(inner, shape, depth, wanted)
        branches.append(text)
        channels.append(found[0])
    if word == "join" and writer.options.stochastic and not writer.options.certain:
        word += rng.choice(["", "(drop=0.5)", "(drop=0.15)"])
    result = (sum(channels), *target[1:]) if word == "concat" else target
    text = f"{word} {{ " + " ".join(f"| {branch}" for branch in branches) + " }"
    return writer.closed(frame, label, text, result)


def skip(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """`skip { F }` with or without a shortcut, labelled or not."""
    rng = writer.rng
    own, inner = writer.opened(frame)
    kind = rng.choice(["plain", "plain", "call", "match"]) if len(shape) == 3 else "plain"
    if kind == "plain":
        text, found = writer.body(inner, shape, depth)
        return writer.closed(frame, own, f"skip {{ {writer.fitted(text, found, shape)} }}", shape)
    width, channels = writer.draws(frame).channels()
    stride = rng.choice([1, 1, 2]) if min(shape[1:]) >= 2 * writer.options.least else 1
    result = (channels, *((n - 1) // stride + 1 for n in shape[1:]))
    if kind == "match":
        writer.define("match")
    shortcut = f"conv(1x1, {width}, /{stride})" if kind == "call" else f"match({width}, {stride})"
    text, found = writer.body(inner, shape, depth)
    text = writer.fitted(text, found, result)
    shortcut, _ = writer.labelled(inner, shortcut, result)
    return writer.closed(frame, own, f"skip {shortcut} {{ {text} }}", result)


def repeat(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """`repeat`, with an index, over a list, labelled or not, of 0 to 3 iterations."""
    rng = writer.rng
    times = rng.choice([0, 1, 2, 2, 3])
    index = f"i{writer.number()}"
    label = frame.label(writer.number()) if frame.labels and writer.chance(0.4) else ""
    inner = frame.inner(
        scope=(*frame.scope, label, f"{{{index}}}") if label else frame.scope,
        indices=() if label else (*frame.indices, index),
        values=list(frame.values),
    )
    before = len(inner.values)
    text, found = writer.body(inner, shape, depth)
    text = writer.fitted(text, found, shape)
    if label and ":" in text:
        text += " -> identity"  # the label of an only item would be the label of every iteration
    header = f"{index} in range({times})"
    if rng.random() < 0.3 and not mentions(text, index):
        header = str(times)
        if inner.indices and mentions(text, index):
            return None
    new = [] if label else inner.values[before:]  # no reference reaches into an iteration
    for number in range(times):
        frame.values += [unrolled(known, index, number) for known in new]
    if label and times > 1:
        frame.learn((label,), shape)
    return f"{label + ': ' if label else ''}repeat {header} {{ {text} }}", shape


def widths(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """`repeat i, c in [4, 6]` whose iterations change the channels."""
    if len(shape) == 1:
        return None
    listed = [writer.rng.choice([2, 3, 4, 6, 8]) for _ in range(writer.rng.randint(1, 3))]
    name, c = f"i{writer.number()}", f"c{writer.number()}"
    writer.define("residual")
    writer.define("match")
    inner = writer.rng.choice([f"conv(3x3, {c}) -> relu", f"residual({c})", f"conv(1x1, {c})"])
    text = f"repeat {name}, {c} in {listed} {{ {inner} -> scale(1 + {name}) }}"
    if frame.labels and writer.chance(0.4):
        text = f"v{writer.number()}" + "".join(f"_{{{i}}}" for i in frame.indices) + f": {text}"
    return text, (listed[-1], *shape[1:])


def dense(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """`dense n { … }`: the body begins with a layer that fits any number of channels."""
    if len(shape) == 1 or shape[0] > MANY:
        return None
    rng, times, grown = writer.rng, writer.rng.randint(1, 3), writer.rng.randint(1, 3)
    start = rng.choice([[], ["bn", "relu"], ["relu"], ["skip { bn -> relu }"], ["gate"]])
    if start == ["gate"]:
        writer.define("gate")
    label = frame.label(writer.number()) if frame.labels and writer.chance(0.4) else ""
    index = f"i{writer.number()}"
    inner = frame.inner(
        scope=(*frame.scope, label, f"{{{index}}}") if label else frame.scope,
        indices=() if label else (*frame.indices, index),
        values=list(frame.values),
    )
    middle = rng.randint(2, 4)
    before = len(inner.values)
    text, found = writer.body(inner, (middle, *shape[1:]), depth, 2)
    text = writer.fitted(text, found, (grown, *shape[1:]))
    text = " -> ".join([*start, f"conv(1x1, {middle})", text])
    new = [] if label else inner.values[before:]
    for number in range(times):
        frame.values += [unrolled(known, index, number) for known in new]
    header = f"{index} in range({times})" if mentions(text, index) or writer.chance(0.3) else times
    result = (shape[0] + times * grown, *shape[1:])
    if label:
        frame.learn((label,), result)
    return f"{label + ': ' if label else ''}dense {header} {{ {text} }}", result


def split(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """`split` of equal parts, each with a branch of its own, or all with one body."""
    parts = [n for n in (2, 3, 4) if shape[0] % n == 0]
    if not parts:
        return None
    many = writer.rng.choice(parts)
    part = (shape[0] // many, *shape[1:])
    towers = frame.top and writer.options.devices and writer.chance(0.3)
    where = "on devices " if towers else ""
    label, inner = writer.opened(frame)
    inner.labels = False
    if writer.chance(0.5):
        text, found = writer.body(inner, part, depth, 2)
        result = (found[0] * many, *found[1:])
        return writer.closed(frame, label, f"split {many} {where}{{ {text} }}", result)
    first, target = writer.body(inner, part, depth, 2)
    branches, channels = [first], target[0]
    for _ in range(many - 1):
        text, found = writer.body(inner, part, depth, 2)
        wanted = (found[0] if len(found) == len(target) else 2, *target[1:])
        branches.append(writer.fitted(text, found, wanted))
        channels += wanted[0]
    text = f"split {where}{{ " + " ".join(f"| {branch}" for branch in branches) + " }"
    return writer.closed(frame, label, text, (channels, *target[1:]))


def choice(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """`if … else …`, decided by the current value; only the branch that is taken is generated."""
    text, result = writer.body(frame.inner(), shape, depth, 2)
    true = writer.rng.choice([f"in.channels == {shape[0]}", "true", "1 < 2 and not false"])
    false = writer.rng.choice([f"in.channels > {shape[0]}", "false"])
    return writer.rng.choice(
        [
            f"if {true} {{ {text} }}",
            f"if {true} {{ {text} }} else {{ relu }}",
            f"if {false} {{ relu }} else {{ {text} }}",
            f"if {false} {{ tanh }} else if {true} {{ {text} }}",
        ]
    ), result


def call(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """A call of a block: a new one, one defined before, or a template."""
    kind = writer.rng.choice(["new", "again", "template", "template"])
    fits = [made for made in writer.made if made.given == shape]
    if kind == "template" and len(shape) == 3:
        return _template(writer, frame, shape)
    if kind == "again" and not fits:
        return None
    made = writer.rng.choice(fits) if kind == "again" else writer.block(frame, shape, depth)
    if made.inline or not frame.labels or not writer.chance(0.5):
        return made.call, made.result
    label = frame.label(writer.number())
    for known in made.inside:
        frame.learn((label, *known.path), known.shape)
    frame.learn((label,), made.result)
    return f"{label}: {made.call}", made.result


def _template(writer: Writer, frame: Frame, shape: Shape) -> Part | None:
    draws = writer.draws(frame)
    rate = draws.rate() if writer.options.stochastic else 0
    called = template(writer.rng, shape, draws.channels(), rate)
    if min(called.shape[1:]) < writer.options.least:
        return None
    for name in called.needs:
        writer.define(name)
    if not frame.labels or not writer.chance(0.5):
        return called.text, called.shape
    label = frame.label(writer.number())
    for name, inner in called.inside:
        frame.learn((label, name), inner)
    frame.learn((label,), called.shape)
    return f"{label}: {called.text}", called.shape


def cell(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """A block that takes a list of earlier values, as the cells of searched networks do."""
    seen = [known for known in frame.values if len(known.shape) == 3]
    if len(shape) == 1 or not seen:
        return None
    size = writer.rng.choice(seen).shape[1:]
    seen = [known for known in seen if known.shape[1:] == size]
    values = writer.rng.sample(seen, min(len(seen), writer.rng.randint(1, 3)))
    writer.define("cell")
    text, channels = writer.draws(frame).channels()
    listed = ", ".join(value.written(frame.scope) for value in values)
    return writer.labelled(frame, f"cell([{listed}], {text})", (channels, *size))


def reference(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """A reference that replaces the current value."""
    if not frame.values:
        return None
    known = writer.rng.choice(frame.values[-8:])
    text, result = layer(writer.draws(frame), known.shape)  # a value that nothing reads is refused
    return f"{known.written(frame.scope)} -> {text}", result


def auxiliary(writer: Writer, frame: Frame, shape: Shape, depth: int) -> Part | None:
    """An output for training only; the main value passes by."""
    if not frame.top or not writer.options.auxiliary:
        return None
    inner = frame.inner(labels=False)
    text, _ = writer.body(inner, shape, depth)
    weight = writer.rng.choice(["", "(weight=0.3)"])
    return f"v{writer.number()}: aux{weight} {{ {text} }}", shape


FORMS: list[Form] = [group, merge, merge, merge, skip, skip, repeat, repeat, widths, dense, dense]
FORMS += [split, choice, call, call, call, cell, reference, auxiliary]
