"""Recipes that compute the weights of fused layers from trained weights.

A recipe is data. It names trained layers by their paths; in the generated file it is a call that
reads the `state_dict`: `folded("conv1", "bn1")`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from archdsl.ops.torch_form import Arg, Call, Code, call


@dataclass(frozen=True)
class Recipe:
    """Weight and bias of a layer as a function of the trained tensors.

    Fields of type `Recipe` are its parts; a field called `layer` or `norm` is the path of a trained
    layer.
    """

    def call(self) -> Call:
        """The call that the generated file makes."""
        raise NotImplementedError

    def seen_from(self, place: str) -> Recipe:
        """Make all paths relative to a layer, see `relative`."""
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
    """The unchanged weight and bias of a trained layer."""

    layer: str

    def call(self) -> Call:
        return call("taken", quoted(self.layer))


@dataclass(frozen=True)
class Folded(Recipe):
    """A layer merged with the batch norm after it; its channels begin at `start` of the norm's."""

    inner: Recipe
    norm: str
    eps: float = 1e-5
    start: int = 0

    def call(self) -> Call:
        keywords = {"eps": (self.eps, 1e-5), "start": (self.start, 0)}
        return call("folded", argument(self.inner), quoted(self.norm), **keywords)


@dataclass(frozen=True)
class After(Recipe):
    """A layer without padding, merged with the batch norm before it.

    With `relu` there is a ReLU between them, which becomes a bound: see `Threshold`.
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
    """Several layers of one input, with their channels concatenated."""

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
    """The text of a call with its structure, so that a long call can be wrapped."""

    made: Call
    __slots__ = ("made",)
    annotation = "Recipe"


def argument(recipe: Recipe) -> Code:
    """Write a recipe as an argument; unchanged weights are only a path."""
    if isinstance(recipe, Taken):
        return quoted(recipe.layer)
    text = CallText(written(recipe.call()))
    text.made = recipe.call()
    return text


def quoted(path: str) -> Code:
    """Quote a path for Python."""
    return Code(f'"{path}"')


def written(made: Call) -> str:
    """Write a call on one line, without arguments at their defaults."""
    shown = [arg for arg in made.args if not _silent(arg)]
    parts = [f"{arg.name}={arg.value}" if arg.keyword else str(arg.value) for arg in shown]
    return f"{made.function}({', '.join(parts)})"


def _silent(arg: Arg) -> bool:
    return arg.keyword and arg.value == arg.default


def relative(path: str, place: str) -> str:
    """Write a path relative to a layer.

    A path inside the layer begins with a dot, a sibling with a name, and a path n levels further
    out with n + 1 dots.

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
