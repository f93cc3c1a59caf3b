"""The nodes of expressions in the syntax tree."""

from __future__ import annotations

from archdsl.diagnostics import Span
from archdsl.records import record


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
    """A name: of a constant, a parameter, an op, a block."""

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
    """`[1, 2]`."""

    span: Span
    items: tuple[Expr, ...]


@record
class Header:
    """`i, value` or `i, (a, b)` before `in`: the index, and the names of an item or its parts."""

    span: Span
    index: Name | None
    names: tuple[Name, ...]


@record
class Comprehension:
    """`[value for x in source if condition]`."""

    span: Span
    value: Expr
    header: Header
    source: Expr
    condition: Expr | None


@record
class Map:
    """`{18: [2, 2, 2, 2]}`."""

    span: Span
    pairs: tuple[tuple[Expr, Expr], ...]


@record
class Unary:
    """`-a`, `not a`."""

    span: Span
    operator: str
    operand: Expr


@record
class Binary:
    """`a + b`, `a == b`, `a and b`."""

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
    """`f(x)` inside an expression."""

    span: Span
    callee: Expr
    arguments: tuple[Argument, ...]


@record
class Index:
    """`a[i]`."""

    span: Span
    operand: Expr
    index: Expr


@record
class Attribute:
    """`a.b`: a fact of a network or label."""

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
    | Comprehension
    | Map
    | Unary
    | Binary
    | Conditional
    | Call
    | Index
    | Attribute
)
