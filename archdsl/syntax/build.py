"""Construction of the syntax tree while Lark parses: one method per rule of the grammar."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from math import inf
from typing import Any

from lark import Token

from archdsl.diagnostics import Rejected, Source, Span, limit_errors, syntax_errors
from archdsl.syntax import ast
from archdsl.syntax.excerpt import current

MOST_DIGITS = 30
TEMPLATE_PART = re.compile(r"\{([^{}\n]*)\}")


class Build:
    """Methods that Lark calls with all children of a rule; tokens carry the spans."""

    def __init__(self, parse_inner: Callable[[Source, int, str], ast.Expr]) -> None:
        self._parse_inner = parse_inner

    # -------------------------------------------------------------- places

    def _start(self, child: Any) -> int:
        return current().start(child) if isinstance(child, Token) else int(child.span.start)

    def _end(self, child: Any) -> int:
        if isinstance(child, Token):
            return current().start(child) + len(child)
        return int(child.span.end)

    def _span(self, children: list[Any]) -> Span:
        return Span(current().source, self._start(children[0]), self._end(children[-1]))

    def _name(self, token: Token) -> ast.Name:
        return ast.Name(self._span([token]), str(token))

    # -------------------------------------------------------------- definitions

    def start(self, children: list[Any]) -> tuple[ast.Definition, ...]:
        return tuple(_nodes(children))

    def import_(self, children: list[Any]) -> ast.Import:
        names = [self._name(token) for token in children if token.type == "NAME"]
        return ast.Import(self._span(children), names[0], tuple(names[1:]))

    def let(self, children: list[Any]) -> ast.Let:
        return ast.Let(self._span(children), self._name(children[1]), children[3])

    def default(self, children: list[Any]) -> ast.Default:
        return ast.Default(self._span(children), self._name(children[1]), children[2].items)

    def block(self, children: list[Any]) -> ast.Block:
        inline = children[0] == "inline"
        name = self._name(children[2 if inline else 1])
        parameters = _parameters(children)
        doc = doc_above(current().source, self._start(children[0]))
        return ast.Block(self._span(children), name, parameters, children[-1], doc, inline)

    def network(self, children: list[Any]) -> ast.Network:
        name = self._name(children[1])
        doc = doc_above(current().source, self._start(children[0]))
        return ast.Network(self._span(children), name, _parameters(children), children[-1], doc)

    def variant(self, children: list[Any]) -> ast.Variant:
        doc = doc_above(current().source, self._start(children[0]))
        return ast.Variant(self._span(children), self._name(children[1]), children[3], doc)

    def expect(self, children: list[Any]) -> ast.Expect:
        return ast.Expect(self._span(children), children[1])

    def parameters(self, children: list[Any]) -> _Many:
        return _Many(self._span(children), tuple(_nodes(children)))

    def parameter(self, children: list[Any]) -> ast.Parameter:
        default = children[2] if len(children) > 1 else None
        return ast.Parameter(self._span(children), self._name(children[0]), default)

    # -------------------------------------------------------------- bodies

    def body(self, children: list[Any]) -> ast.Body:
        chain = children[1].items if len(children) == 3 else ()
        return ast.Body(self._span(children), chain)

    def chain(self, children: list[Any]) -> _Many:
        return _Many(self._span(children), tuple(_nodes(children)))

    def input(self, children: list[Any]) -> ast.Input:
        name = self._name(children[1]) if len(children) == 3 else None
        return ast.Input(self._span(children), name, children[-1])

    def output(self, children: list[Any]) -> ast.Output:
        return ast.Output(self._span(children), tuple(_nodes(children)))

    def labelled(self, children: list[Any]) -> ast.Labelled:
        label, _, item = children
        template = self._template(label, current().start(label))
        return ast.Labelled(self._span(children), template, item)

    def group(self, children: list[Any]) -> ast.Group:
        return ast.Group(self._span(children), children[0])

    def invoke(self, children: list[Any]) -> ast.Invoke:
        callee: ast.Name | ast.Index = self._name(children[0])
        arguments: tuple[ast.Argument, ...] = ()
        branches: tuple[ast.Body, ...] = ()
        for child in children[1:]:
            if child.kind == "subscript":
                span = Span(current().source, callee.span.start, child.span.end)
                callee = ast.Index(span, callee, child.items[0])
            elif child.kind == "arguments":
                arguments = child.items
            else:
                branches = child.items
        return ast.Invoke(self._span(children), callee, arguments, branches)

    def subscript(self, children: list[Any]) -> _Many:
        return _Many(self._span(children), (children[1],), "subscript")

    def branches(self, children: list[Any]) -> _Many:
        bodies = tuple(ast.Body(chain.span, chain.items) for chain in _nodes(children))
        return _Many(self._span(children), bodies, "branches")

    def skip(self, children: list[Any]) -> ast.Skip:
        shortcut = children[1] if len(children) == 3 else None
        return ast.Skip(self._span(children), shortcut, children[-1])

    def repeat(self, children: list[Any]) -> ast.Repeat:
        names = [
            self._name(child)
            for child in children
            if isinstance(child, Token) and child.type == "NAME"
        ]
        index = names[0] if names else None
        value = names[1] if len(names) > 1 else None
        source, body = children[-2:]
        dense = children[0] == "dense"
        return ast.Repeat(self._span(children), index, value, source, body, dense)

    def split(self, children: list[Any]) -> ast.Split:
        towers = any(isinstance(c, Token) and c.type == "ON_DEVICES" for c in children)
        last = children[-1]
        if isinstance(last, _Many):
            return ast.Split(self._span(children), None, last.items, towers)
        return ast.Split(self._span(children), children[1], (last,), towers)

    def aux(self, children: list[Any]) -> ast.Aux:
        arguments = children[1].items if len(children) == 3 else ()
        return ast.Aux(self._span(children), arguments, children[-1])

    def if_(self, children: list[Any]) -> ast.If:
        otherwise = children[4] if len(children) > 3 else None
        return ast.If(self._span(children), children[1], children[2], otherwise)

    # -------------------------------------------------------------- expressions

    def arguments(self, children: list[Any]) -> _Many:
        arguments = _nodes(children)
        for before, argument in pairwise(arguments):
            if before.name is not None and argument.name is None:
                problem = syntax_errors.positional_after_named(before.span.text, before.name)
                raise Rejected(problem.at(argument.span))
        return _Many(self._span(children), tuple(arguments), "arguments")

    def argument(self, children: list[Any]) -> ast.Argument:
        name = None
        if len(children) == 2:
            name = "stride"
        elif len(children) == 3:
            name = str(children[0])
        return ast.Argument(self._span(children), name, children[-1])

    def conditional(self, children: list[Any]) -> ast.Conditional:
        then, _, condition, _, otherwise = children
        return ast.Conditional(self._span(children), then, condition, otherwise)

    def binary(self, children: list[Any]) -> ast.Binary:
        left, operator, right = children
        return ast.Binary(self._span(children), left, str(operator), right)

    def unary(self, children: list[Any]) -> ast.Unary:
        return ast.Unary(self._span(children), str(children[0]), children[1])

    def call(self, children: list[Any]) -> ast.Call:
        return ast.Call(self._span(children), children[0], children[1].items)

    def index(self, children: list[Any]) -> ast.Index:
        return ast.Index(self._span(children), children[0], children[2])

    def attribute(self, children: list[Any]) -> ast.Attribute:
        return ast.Attribute(self._span(children), children[0], str(children[2]))

    def parenthesised(self, children: list[Any]) -> ast.Expr:
        inner: ast.Expr = replace(children[1], span=self._span(children))
        return inner

    def name(self, children: list[Any]) -> ast.Name:
        return self._name(children[0])

    def integer(self, children: list[Any]) -> ast.Literal:
        self._bound_digits(children[0])
        return ast.Literal(self._span(children), int(children[0]))

    def float(self, children: list[Any]) -> ast.Literal:
        self._bound_digits(children[0])
        value = float(children[0])
        if value == inf:
            raise Rejected(limit_errors.number_too_large(str(children[0])).at(self._span(children)))
        return ast.Literal(self._span(children), value)

    def size(self, children: list[Any]) -> ast.SizeLiteral:
        self._bound_digits(children[0])
        dims = tuple(int(part) for part in children[0].split("x"))
        return ast.SizeLiteral(self._span(children), dims)

    def string(self, children: list[Any]) -> ast.Literal:
        return ast.Literal(self._span(children), str(children[0])[1:-1])

    def boolean(self, children: list[Any]) -> ast.Literal:
        return ast.Literal(self._span(children), children[0] == "true")

    def flow(self, children: list[Any]) -> ast.Flow:
        return ast.Flow(self._span(children), str(children[2]))

    def list(self, children: builtins.list[Any]) -> ast.List:
        return ast.List(self._span(children), tuple(_nodes(children)))

    def map(self, children: builtins.list[Any]) -> ast.Map:
        pairs = tuple(pair.items for pair in _nodes(children))
        return ast.Map(self._span(children), pairs)

    def pair(self, children: builtins.list[Any]) -> _Many:
        key, _, value = children
        key = self._name(key) if isinstance(key, Token) else key
        return _Many(self._span(children), (key, value))

    def reference(self, children: builtins.list[Any]) -> ast.Reference:
        (token,) = children
        path, offset = [], 1
        for part in _split_path(str(token)[1:]):
            path.append(self._template(part, current().start(token) + offset))
            offset += len(part) + 1
        return ast.Reference(self._span(children), tuple(path))

    # -------------------------------------------------------------- words with expressions inside

    def _template(self, text: str, start: int) -> ast.Template:
        """The text of a label, which starts at an offset of the source."""
        source, origin = current().source, start
        parts: list[str | ast.Expr] = []
        for i, part in enumerate(TEMPLATE_PART.split(text)):
            if i % 2 == 0:
                parts += [part] if part else []
                offset = origin + len(part)
            else:
                parts.append(self._parse_inner(source, offset + 1, part))
                origin = offset + len(part) + 2
        return ast.Template(Span(source, start, start + len(text)), tuple(parts))

    def _bound_digits(self, token: Token) -> None:
        if len(token) > MOST_DIGITS:
            problem = syntax_errors.too_many_digits(len(token), MOST_DIGITS)
            raise Rejected(problem.at(self._span([token])))


# Two rules are named as Python's keywords are.
setattr(Build, "import", Build.import_)
setattr(Build, "if", Build.if_)


class _Many:
    """Several nodes that a rule passes to its parent."""

    __slots__ = ("items", "kind", "span")

    def __init__(self, span: Span, items: tuple[Any, ...], kind: str = "") -> None:
        self.span, self.items, self.kind = span, items, kind


def _nodes(children: list[Any]) -> list[Any]:
    return [child for child in children if not isinstance(child, Token)]


def _parameters(children: list[Any]) -> tuple[ast.Parameter, ...]:
    for child in children:
        if isinstance(child, _Many):
            return child.items
    return ()


def _split_path(text: str) -> list[str]:
    """Split a dotted reference; dots inside braces belong to an expression."""
    return re.findall(r"(?:[^.{]|\{[^{}]*\})+", text)


def doc_above(source: Source, offset: int) -> str:
    """The comment block directly above a definition; the file's own head is not one."""
    number = source.position(offset).line - 1
    lines: list[str] = []
    while number >= 1 and source.line(number).lstrip().startswith("#"):
        lines.append(source.line(number).strip().lstrip("#").strip())
        number -= 1
    return "\n".join(reversed(lines)) if number >= 1 else ""


def doc_at_head(source: Source) -> str:
    """The comment block at the start of the file."""
    lines: list[str] = []
    for line in source.text.splitlines():
        if not line.lstrip().startswith("#"):
            break
        lines.append(line.strip().lstrip("#").strip())
    return "\n".join(lines)
