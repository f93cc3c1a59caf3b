"""Writes random programs form by form, and tracks the shape of the current value."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.programs.frames import Frame, Known
from tests.programs.layers import MANY, Draws, Shape, layer
from tests.programs.options import Options
from tests.programs.templates import TEMPLATES

Part = tuple[str, Shape]
DEEPEST = 4


@dataclass(frozen=True)
class Made:
    """A generated block that can be called again: its input, result and inner values."""

    call: str
    given: Shape
    result: Shape
    inside: tuple[Known, ...]
    inline: bool


Form = Callable[["Writer", Frame, Shape, int], Part | None]


@dataclass
class Writer:
    """The state of one program while it is written."""

    rng: random.Random
    options: Options
    forms: Sequence[Form]
    definitions: dict[str, str] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    count: int = 0
    left: int = 0

    def number(self) -> int:
        self.count += 1
        return self.count

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def draws(self, frame: Frame) -> Draws:
        return Draws(self.rng, self.options, frame.numbers)

    # -------------------------------------------------------------- bodies

    def body(self, frame: Frame, shape: Shape, depth: int, longest: int = 3) -> Part:
        """A chain of items, and the shape of its result."""
        items = []
        for _ in range(self.rng.randint(1, longest)):
            text, shape = self.item(frame, shape, depth)
            items.append(text)
            if len(shape) == 3 and shape[0] > MANY:
                items.append("conv(1x1, 4)")
                shape = (4, *shape[1:])
        return " -> ".join(items), shape

    def item(self, frame: Frame, shape: Shape, depth: int) -> Part:
        """One item with or without a label; forms that hold bodies only while budget is left."""
        self.left -= 1
        if depth >= DEEPEST or self.left <= 0 or self.chance(0.45):
            return self.labelled(frame, *layer(self.draws(frame), shape))
        while True:
            found = self.rng.choice(self.forms)(self, frame, shape, depth + 1)
            if found:
                return found

    def labelled(self, frame: Frame, text: str, shape: Shape) -> Part:
        """An item, sometimes with a label that later references can name."""
        if not frame.labels or not self.chance(0.35):
            return text, shape
        label = frame.label(self.number())
        frame.learn((label,), shape)
        return f"{label}: {text}", shape

    def opened(self, frame: Frame, label: str | None = None) -> tuple[str, Frame]:
        """For an item that holds bodies: the text of its label, perhaps none, and their frame."""
        if label is None and (not frame.labels or not self.chance(0.35)):
            return "", frame.inner()
        label = label or frame.label(self.number())
        return label, frame.inner(scope=(*frame.scope, label), indices=())

    def closed(self, frame: Frame, label: str, text: str, shape: Shape) -> Part:
        """The item whose bodies were written in the frame of `opened`."""
        if not label:
            return text, shape
        frame.learn((label,), shape)
        return f"{label}: {text}", shape

    def fitted(self, text: str, shape: Shape, target: Shape) -> str:
        """The chain continued until its result has the shape `target`."""
        return " -> ".join([text, *self.adapters(shape, target)])

    def adapters(self, shape: Shape, target: Shape) -> list[str]:
        """Items that turn a value of one shape into another."""
        if shape == target:
            return []
        if len(target) == 1:
            flat = ["avgpool(global)", "flatten"] if len(shape) == 3 else []
            return [*flat, f"linear({target[0]})"]
        size = "x".join(map(str, target))
        if len(shape) == 1:
            return [f"linear({target[0] * target[1] * target[2]})", f"reshape({size})"]
        found = []
        if shape[1:] != target[1:]:
            word = self.rng.choice(["resize", "resize", "adaptive_avgpool"])
            found.append(f"{word}({target[1]}x{target[2]})")
        if shape[0] != target[0] or not found:
            found.append(f"conv(1x1, {target[0]})")
        self.rng.shuffle(found)
        return found

    # -------------------------------------------------------------- blocks

    def define(self, name: str) -> None:
        self.definitions.setdefault(name, TEMPLATES[name])

    def block(self, frame: Frame, shape: Shape, depth: int) -> Made:
        """Defines a block for a value of this shape, which may take values and numbers."""
        name = f"b{self.number()}"
        inline = self.chance(0.2)
        inner = Frame(labels=not inline)
        arguments = {}
        for value in self.some(frame.values, 2):
            parameter = f"p{self.number()}"
            text = self.rng.choice([f"@{parameter}", parameter])
            inner.values.append(Known((parameter,), value.shape, text))
            arguments[parameter] = value.written(frame.scope)
        values = self.some(frame.values, 3)
        if values:
            parameter = f"p{self.number()}"
            for place, value in enumerate(values):
                inner.values.append(Known((), value.shape, f"{parameter}[{place}]"))
            listed = ", ".join(value.written(frame.scope) for value in values)
            arguments[parameter] = f"[{listed}]"
        width = f"w{self.number()}"
        inner.numbers[width] = self.rng.choice([2, 3, 4, 6])
        arguments[width] = str(inner.numbers[width])
        text, result = self.body(inner, shape, depth)
        used = {key: value for key, value in arguments.items() if mentions(text, key)}
        head = ("inline " if inline else "") + f"block {name}" + _parameters(used, self.rng)
        self.definitions[name] = f"{head} {{ {text} }}"
        named = self.rng.randint(0, len(used))  # so many come first, without their names
        passed = list(used.values())[:named]
        passed += [f"{key}={value}" for key, value in list(used.items())[named:]]
        call = name + (f"({', '.join(passed)})" if passed else "")
        inside = tuple(known for known in inner.values if known.text is None)
        made = Made(call, shape, result, () if inline else inside, inline)
        if "@" not in call and not any(mentions(call, value) for value in _parameters_of(frame)):
            self.made.append(made)
        return made

    def some(self, values: list[Known], most: int) -> list[Known]:
        """A few of the values in sight."""
        return self.rng.sample(values, min(len(values), self.rng.randint(0, most)))

    def operand(self, frame: Frame, shape: Shape, depth: int, target: Shape | None) -> Part:
        """A branch, which may begin with a reference; its result has the shape `target`."""
        text, now = "identity", shape
        if frame.values and self.chance(0.35):
            known = self.rng.choice(frame.values[-8:])
            text, now = known.written(frame.scope), known.shape
            if self.chance(0.5):  # a value that nothing reads is refused: a layer comes first
                first, now = layer(self.draws(frame), now)
                more, now = self.body(frame, now, depth, 2)
                text = f"{text} -> {first} -> {more}"
        elif self.chance(0.85):
            text, now = self.body(frame, now, depth, 2)
        if target is None or now == target:
            return text, now
        return self.fitted(text, now, target), target


def mentions(text: str, name: str) -> bool:
    """Whether a text has this word."""
    return re.search(rf"\b{name}\b", text) is not None


def _parameters_of(frame: Frame) -> list[str]:
    """The names that mean something in this frame's block only."""
    texts = [re.sub(r"\W.*", "", known.text.lstrip("@")) for known in frame.values if known.text]
    return [*texts, *frame.numbers]


def _parameters(used: dict[str, str], rng: random.Random) -> str:
    """The parameter list of a block; numbers at the end sometimes get a default."""
    words = []
    for name, value in used.items():
        default = name.startswith("w") and rng.random() < 0.3
        words.append(f"{name} = {value}" if default else name)
    return f"({', '.join(words)})" if words else ""
