"""The syntax tree: what the author wrote, and where."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.diagnostics import Reported, Span
from archdsl.records import record
from archdsl.syntax.expression_nodes import Argument as Argument
from archdsl.syntax.expression_nodes import Attribute as Attribute
from archdsl.syntax.expression_nodes import Binary as Binary
from archdsl.syntax.expression_nodes import Call as Call
from archdsl.syntax.expression_nodes import Comprehension as Comprehension
from archdsl.syntax.expression_nodes import Conditional as Conditional
from archdsl.syntax.expression_nodes import Expr as Expr
from archdsl.syntax.expression_nodes import Flow as Flow
from archdsl.syntax.expression_nodes import Header as Header
from archdsl.syntax.expression_nodes import Index as Index
from archdsl.syntax.expression_nodes import List as List
from archdsl.syntax.expression_nodes import Literal as Literal
from archdsl.syntax.expression_nodes import Map as Map
from archdsl.syntax.expression_nodes import Name as Name
from archdsl.syntax.expression_nodes import Reference as Reference
from archdsl.syntax.expression_nodes import SizeLiteral as SizeLiteral
from archdsl.syntax.expression_nodes import Template as Template
from archdsl.syntax.expression_nodes import Unary as Unary

# ------------------------------------------------------------------ bodies


@record
class Body:
    """The items between braces."""

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
    """`name: item`."""

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
    """`skip shortcut if condition { F }`."""

    span: Span
    shortcut: Invoke | Labelled | None
    condition: Expr | None
    body: Body


@record
class Repeat:
    """`repeat header in source { … }`; without a header, `source` is the count.

    `dense` repeats concatenate what each iteration makes to what it read.
    """

    span: Span
    header: Header | None
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
    """`if c { … } else { … }`."""

    span: Span
    condition: Expr
    then: Body
    otherwise: Body | If | None


Layer = Invoke | Labelled | Skip | Repeat | Split | Aux | If | Reference

# ------------------------------------------------------------------ statements and definitions


@record
class Let:
    """`let n = 3`, or a function `let up(x) = 8 * x`, whose parameters are not None."""

    span: Span
    name: Name
    parameters: tuple[Parameter, ...] | None
    value: Expr


@record
class Default:
    """`default conv(bias=false)`."""

    span: Span
    op: Name
    arguments: tuple[Argument, ...]


@record
class Expect:
    """`expect params == 1_000`."""

    span: Span
    condition: Expr


@record
class Input:
    """`input 3x32x32`, `input left 3x32x32`."""

    span: Span
    name: Name | None
    size: Expr


@record
class Output:
    """`output @a, @b`."""

    span: Span
    values: tuple[Expr, ...]


Item = Let | Default | Expect | Input | Output | Layer


@record
class Import:
    """`from resnet import basic`."""

    span: Span
    module: Name
    names: tuple[Name, ...]


@record
class Parameter:
    """A parameter of a block or network, with its default."""

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
    """A network."""

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


Node = Definition | Item | Expr | Group | Body | Argument | Parameter | Template | Header


@record
class File:
    """All definitions that could be read, and the reported names of those that could not.

    `doc` is the comment at the head of the file.
    """

    span: Span
    definitions: tuple[Definition, ...]
    broken: Mapping[str, Reported]
    doc: str
