"""The syntax tree: what the author wrote, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl.diagnostics import Reported, Span

# ------------------------------------------------------------------ expressions


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, boolean or string."""

    span: Span
    value: int | float | bool | str


@dataclass(frozen=True, slots=True)
class SizeLiteral:
    """`7x7`, `3x224x224`."""

    span: Span
    dims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Name:
    span: Span
    id: str


@dataclass(frozen=True, slots=True)
class Template:
    """A label's text: words and expressions in turn, `enc{i + 1}`."""

    span: Span
    parts: tuple[str | Expr, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """`@e1`, `@stage2.y0`: the value of an earlier label."""

    span: Span
    path: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """`in.channels`, `in.height`, `in.width`: facts of the current value."""

    span: Span
    fact: str


@dataclass(frozen=True, slots=True)
class List:
    span: Span
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Map:
    span: Span
    pairs: tuple[tuple[Expr, Expr], ...]


@dataclass(frozen=True, slots=True)
class Unary:
    span: Span
    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    span: Span
    left: Expr
    operator: str
    right: Expr


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then if condition else otherwise`."""

    span: Span
    then: Expr
    condition: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Argument:
    """A call's argument; `/2` has the name `stride`."""

    span: Span
    name: str | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Call:
    span: Span
    callee: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Index:
    span: Span
    operand: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Body:
    span: Span
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Invoke:
    """An op, a block or a merge as an item: `conv(3x3, 64)`, `add { | a | b }`."""

    span: Span
    callee: Name | Index
    arguments: tuple[Argument, ...]
    branches: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    span: Span
    label: Template
    item: Layer | Group


@dataclass(frozen=True, slots=True)
class Group:
    """`{ a -> b }` under a label."""

    span: Span
    body: Body


@dataclass(frozen=True, slots=True)
class Skip:
    """`skip shortcut { F }`."""

    span: Span
    shortcut: Invoke | Labelled | None
    body: Body


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Split:
    """`split { | a | b }`, or `split count { … }` with one body for all parts.

    `towers` (`on devices`) live apart where there are several devices.
    """

    span: Span
    count: Expr | None
    bodies: tuple[Body, ...]
    towers: bool


@dataclass(frozen=True, slots=True)
class Aux:
    """`aux(weight=0.3) { … }`: an output for training only; the main value passes by."""

    span: Span
    arguments: tuple[Argument, ...]
    body: Body


@dataclass(frozen=True, slots=True)
class If:
    span: Span
    condition: Expr
    then: Body
    otherwise: Body | If | None


Layer = Invoke | Labelled | Skip | Repeat | Split | Aux | If | Reference

# ------------------------------------------------------------------ statements and definitions


@dataclass(frozen=True, slots=True)
class Let:
    span: Span
    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class Default:
    span: Span
    op: Name
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Expect:
    span: Span
    condition: Expr


@dataclass(frozen=True, slots=True)
class Input:
    span: Span
    name: Name | None
    size: Expr


@dataclass(frozen=True, slots=True)
class Output:
    span: Span
    values: tuple[Expr, ...]


Item = Let | Default | Expect | Input | Output | Layer


@dataclass(frozen=True, slots=True)
class Import:
    span: Span
    module: Name
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    span: Span
    name: Name
    default: Expr | None


@dataclass(frozen=True, slots=True)
class Block:
    """A reusable module; an inline one opens no level of names."""

    span: Span
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    doc: str
    inline: bool


@dataclass(frozen=True, slots=True)
class Network:
    span: Span
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body
    doc: str


@dataclass(frozen=True, slots=True)
class Variant:
    """`network NAME = resnet(…)`."""

    span: Span
    name: Name
    value: Expr
    doc: str


Definition = Import | Let | Default | Block | Network | Variant | Expect


Node = Definition | Item | Expr | Group | Body | Argument | Parameter | Template


@dataclass(frozen=True, slots=True)
class File:
    """All definitions that could be read, and the reported names of those that could not.

    `doc` is the comment at the head of the file.
    """

    span: Span
    definitions: tuple[Definition, ...]
    broken: Mapping[str, Reported]
    doc: str
