"""Recipes: how the weights of a fused layer are made of those that were trained.

A recipe is data. It names trained layers by their paths, and the generated file carries it as the
call of a function that reads the `state_dict`: `folded("conv1", "bn1")`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from archdsl.ops.torch_form import Arg, Call, Code, call


@dataclass(frozen=True)
class Recipe:
    """Weight and bias of a layer as a function of the trained tensors.

    A field of type `Recipe` or of several is what it is made of; one called `layer` or `norm` is
    the path of a trained layer.
    """

    def call(self) -> Call:
        """The call that the generated file makes."""
        raise NotImplementedError

    def seen_from(self, place: str) -> Recipe:
        """The same with paths as a layer at a place writes them: see `relative`."""
        return replace(self, **{f.name: _seen(getattr(self, f.name), place) for f in fields(self)})

    def __str__(self) -> str:
        return written(self.call()).replace('"', "")


def _seen(value: object, place: str) -> object:
    if isinstance(value, Recipe):
        return value.seen_from(place)
    if isinstance(value, tuple):
        return tuple(_seen(part, place) for part in value)
    return relative(value, place) if isinstance(value, str) else value


@dataclass(frozen=True)
class Taken(Recipe):
    """A trained layer's own weight and bias."""

    layer: str

    def call(self) -> Call:
        return call("taken", quoted(self.layer))


@dataclass(frozen=True)
class Folded(Recipe):
    """A layer and the batch norm after it: of all its channels, those from `start` on."""

    inner: Recipe
    norm: str
    eps: float = 1e-5
    start: int = 0

    def call(self) -> Call:
        keywords = {"eps": (self.eps, 1e-5), "start": (self.start, 0)}
        return call("folded", argument(self.inner), quoted(self.norm), **keywords)


@dataclass(frozen=True)
class After(Recipe):
    """A layer without padding and the batch norm before it.

    With `relu` there is a ReLU between them, of which a threshold stays: see `Threshold`.
    """

    norm: str
    inner: Recipe
    eps: float = 1e-5
    relu: bool = False

    def call(self) -> Call:
        keywords = {"eps": (self.eps, 1e-5), "relu": (self.relu, False)}
        return call("after", quoted(self.norm), argument(self.inner), **keywords)


@dataclass(frozen=True)
class Merged(Recipe):
    """Layers of one input, their channels one after another."""

    parts: tuple[Recipe, ...]

    def call(self) -> Call:
        return call("merged", *map(argument, self.parts))


@dataclass(frozen=True)
class Scaled(Recipe):
    """A layer whose result is divided by a number."""

    inner: Recipe
    by: int

    def call(self) -> Call:
        return call("scaled", argument(self.inner), self.by)


# ------------------------------------------------------------------ as text


class CallText(Code):
    """The text of a call that keeps its structure, so that a long one can be broken."""

    made: Call
    __slots__ = ("made",)
    annotation = "Recipe"


def argument(recipe: Recipe) -> Code:
    """A recipe as an argument; a layer's own weights are its path alone."""
    if isinstance(recipe, Taken):
        return quoted(recipe.layer)
    text = CallText(written(recipe.call()))
    text.made = recipe.call()
    return text


def quoted(path: str) -> Code:
    """A path as Python writes it."""
    return Code(f'"{path}"')


def written(made: Call) -> str:
    """A call on one line, without the arguments that are at their defaults."""
    shown = [arg for arg in made.args if not _silent(arg)]
    parts = [f"{arg.name}={arg.value}" if arg.keyword else str(arg.value) for arg in shown]
    return f"{made.function}({', '.join(parts)})"


def _silent(arg: Arg) -> bool:
    return arg.keyword and arg.value == arg.default


def relative(path: str, place: str) -> str:
    """A path as a layer at a place writes it.

    What is inside the layer begins with a dot, what is beside it with a name, and what is n levels
    further out with n + 1 dots.

    >>> [relative(path, "a.b.c") for path in ("a.b.c.conv", "a.b.bn", "a.bn", "bn")]
    ['.conv', 'bn', '..bn', '...bn']
    """
    if path.startswith(f"{place}."):
        return path[len(place) :]
    around, there = place.split(".")[:-1], path.split(".")
    shared = 0
    while shared < min(len(around), len(there) - 1) and around[shared] == there[shared]:
        shared += 1
    up = len(around) - shared
    return ("." * (up + 1) if up else "") + ".".join(there[shared:])
