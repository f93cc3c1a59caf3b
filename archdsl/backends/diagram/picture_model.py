"""The picture model: the parts of a picture before anything has a place."""

from __future__ import annotations

from dataclasses import dataclass, field

from archdsl.ir import Node

OUT = "out"  # where the value of a body leaves it
Key = int | str  # a part of the body by position, an entry by `in` and a node's number, or OUT


@dataclass(eq=False, slots=True, repr=False)
class PicturePart:
    """One part of a picture: an op with its followers, a closed scope, or an opened one.

    `form` is one of card, pill, sign, bar, box, rail and more; `kind` its colour. `name` is the
    author's label, `title` what it is, `detail` the rest. `first` and `last` are its first and last
    node; `times` equal ones in a row are one part. `look` is equal for parts that look the same.
    `path` is its id, `line` its place in the text.
    """

    form: str
    kind: str
    path: str
    title: str
    detail: str = ""
    note: str = ""  # numbers that are written after the detail: rates that differ, a colour's
    name: str = ""
    what: str = ""  # its title where it represents several
    called: str = ""  # the label that sets it apart from an equal neighbour
    mark: str = ""  # shortcut or aux: how its edges are drawn
    times: int = 1
    first: Node | None = None
    last: Node | None = None
    nodes: list[Node] = field(default_factory=list)  # of a part without a body
    body: PictureBody | None = None
    parent: PicturePart | None = None
    shape: str = ""  # what it makes, where that is to be written below it
    look: int = 0
    low: int = 0  # the first of the nodes before it that it reads
    reach: int = 0  # the last node that reads what is within it, except what it ends with
    spread: list[PicturePart] = field(
        default_factory=list
    )  # the equal ones that it represents, too
    alike: list[PicturePart] = field(
        default_factory=list
    )  # its equals in the spread of boxes around it
    tap: bool = False  # a value within the card before it, which others read
    returns: int | None = None  # the output that it is, by its position
    gives: set[int] = field(default_factory=set)  # the nodes whose values leave it

    def __repr__(self) -> str:
        return f"<{self.form} {self.path}>"  # parts refer to each other: all fields never end


@dataclass(eq=False, slots=True, repr=False)
class PictureBody:
    """The content of an opened part, in the author's order, and its edges.

    A rail's parts are its layers; `widths` are its channels before, between and after them.
    """

    parts: list[PicturePart]
    edges: dict[tuple[Key, Key], str] = field(default_factory=dict)  # to the mark of the edge
    widths: list[int] = field(default_factory=list)


def entry(node: int) -> str:
    """Return the key of the place where a node's value enters a body."""
    return f"in{node}"


def leaves(parts: list[PicturePart]) -> list[PicturePart]:
    """Return the parts without a body, at any depth, in order."""
    found: list[PicturePart] = []
    for part in parts:
        found += leaves(part.body.parts) if part.body else [part]
    return found
