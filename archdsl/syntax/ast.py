"""The syntax tree: what the author wrote, and where."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.diagnostics import Reported, Span
from archdsl.records import record

# ------------------------------------------------------------------ expressions


@record
class Literal:
    """A number, boolean or string."""

    span: Span
    value: int | float | bool | str


@record
class SizeLiteral:
    """`7x7`, `3x224x224`."""

    span: Span
    dims: tuple[int, ...]


@record
class Name:
    span: Span
    id: str


@record
class Template:
    """A label's text: words and expressions in turn, `enc{i + 1}`."""

    span: Span
    parts: tuple[str | Expr, ...]


@record
class Reference:
    """`@e1`, `@stage2.y0`: the value of an earlier label."""

    span: Span
    path: tuple[Template, ...]


@record
class Flow:
    """`in.channels`, `in.height`, `in.width`: facts of the current value."""

    span: Span
    fact: str


@record
class List:
    span: Span
    items: tuple[Expr, ...]


@record
class Map:
    span: Span
    pairs: tuple[tuple[Expr, Expr], ...]


@record
class Unary:
    span: Span
    operator: str
    operand: Expr


@record
class Binary:
    span: Span
    left: Expr
    operator: str
    right: Expr


@record
class Conditional:
    """`then if condition else otherwise`."""

    span: Span
    then: Expr
    condition: Expr
    otherwise: Expr


@record
class Argument:
    """A call's argument; `/2` has the name `stride`."""

    span: Span
    name: str | None
    value: Expr


@record
class Call:
    span: Span
    callee: Expr
    arguments: tuple[Argument, ...]


@record
class Index:
    span: Span
    operand: Expr
    index: Expr


@record
class Attribute:
    span: Span
    operand: Expr
    name: str


Expr = (
    Literal
    | SizeLiteral
    | Name
    | Reference
    | Flow
    | List
    | Map
    | Unary
    | Binary
    | Conditional
    | Call
    | Index
    | Attribute
)

# ------------------------------------------------------------------ bodies


@record
class Body:
    span: Span
    items: tuple[Item, ...]


@record
class Invoke:
    """An op, a block or a merge as an item: `conv(3x3, 64)`, `add { | a | b }`."""

    span: Span
    callee: Name | Index
    arguments: tuple[Argument, ...]
    branches: tuple[Body, ...]


@record
class Labelled:
    span: Span
    label: Template
    item: Layer | Group


@record
class Group:
    """`{ a -> b }` under a label."""

    span: Span
    body: Body


@record
class Skip:
    """`skip shortcut { F }`."""

    span: Span
    shortcut: Invoke | Labelled | None
    body: Body


@record
class Repeat:
    """`repeat index, value in source { … }`; without names, `source` is the count.

    `dense` repeats concatenate what each iteration makes to what it read.
    """

    span: Span
    index: Name | None
    value: Name | None
    source: Expr
    body: Body
    dense: bool


@record
class Split:
    """`split { | a | b }`, or `split count { … }` with one body for all parts.

    `towers` (`on devices`) live apart where there are several devices.
    """

    span: Span
    count: Expr | None
    bodies: tuple[Body, ...]
    towers: bool


@record
class Aux:
    """`aux(weight=0.3) { … }`: an output for training only; the main value passes by."""

    span: Span
    arguments: tuple[Argument, ...]
    body: Body


@record
class If:
    span: Span
    condition: Expr
    then: Body
    otherwise: Body | If | None


Layer = Invoke | Labelled | Skip | Repeat | Split | Aux | If | Reference

# ------------------------------------------------------------------ statements and definitions


@record
class Let:
    span: Span
    name: Name
    value: Expr


@record
class Default:
    span: Span
    op: Name
    arguments: tuple[Argument, ...]


@record
class Expect:
    span: Span
    condition: Expr


@record
class Input:
    span: Span
    name: Name | None
    size: Expr


@record
class Output:
    span: Span
    values: tuple[Expr, ...]


Item = Let | Default | Expect | Input | Output | Layer


@record
class Import:
    span: Span
    module: Name
    names: tuple[Name, ...]


@record
class Parameter:
    span: Span
    name: Name
    default: Expr | None


@record
class Block:
    """A reusable module; an inline one opens no level of names."""

    span: Span
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    doc: str
    inline: bool


@record
class Network:
    span: Span
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    doc: str


@record
class Variant:
    """`network NAME = resnet(…)`."""

    span: Span
    name: Name
    value: Expr
    doc: str


Definition = Import | Let | Default | Block | Network | Variant | Expect


Node = Definition | Item | Expr | Group | Body | Argument | Parameter | Template


@record
class File:
    """All definitions that could be read, and the reported names of those that could not.

    `doc` is the comment at the head of the file.
    """

    span: Span
    definitions: tuple[Definition, ...]
    broken: Mapping[str, Reported]
    doc: str
