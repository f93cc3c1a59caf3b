"""Construction of expressions while the parser runs: one method per rule of the grammar."""

from __future__ import annotations

import builtins
import re
from dataclasses import replace
from itertools import pairwise
from math import inf
from typing import Any

from archdsl.diagnostics import Rejected, limit_errors, syntax_errors
from archdsl.records import record
from archdsl.syntax import ast
from archdsl.syntax.build_places import Many, Places, nodes
from archdsl.syntax.tokens import Token

MOST_DIGITS = 30


@record
class ExpressionRules:
    """Methods that get all children of a rule; tokens and nodes have their places."""

    places: Places

    def arguments(self, children: list[Any]) -> Many:
        arguments = nodes(children)
        for before, argument in pairwise(arguments):
            if before.name is not None and argument.name is None:
                problem = syntax_errors.positional_after_named(before.span.text, before.name)
                raise Rejected(problem.at(argument.span))
        return Many(self.places.span(children), tuple(arguments), "arguments")

    def argument(self, children: list[Any]) -> ast.Argument:
        name = None
        if len(children) == 2:
            name = "stride"
        elif len(children) == 3:
            name = str(children[0])
        return ast.Argument(self.places.span(children), name, children[-1])

    def conditional(self, children: list[Any]) -> ast.Conditional:
        then, _, condition, _, otherwise = children
        return ast.Conditional(self.places.span(children), then, condition, otherwise)

    def binary(self, children: list[Any]) -> ast.Binary:
        left, operator, right = children
        return ast.Binary(self.places.span(children), left, str(operator), right)

    def unary(self, children: list[Any]) -> ast.Unary:
        return ast.Unary(self.places.span(children), str(children[0]), children[1])

    def call(self, children: list[Any]) -> ast.Call:
        return ast.Call(self.places.span(children), children[0], children[1].items)

    def index(self, children: list[Any]) -> ast.Index:
        return ast.Index(self.places.span(children), children[0], children[2])

    def attribute(self, children: list[Any]) -> ast.Attribute:
        return ast.Attribute(self.places.span(children), children[0], str(children[2]))

    def parenthesised(self, children: list[Any]) -> ast.Expr:
        inner: ast.Expr = replace(children[1], span=self.places.span(children))
        return inner

    def name(self, children: list[Any]) -> ast.Name:
        return self.places.name(children[0])

    def integer(self, children: list[Any]) -> ast.Literal:
        self._check_digits(children[0])
        return ast.Literal(self.places.span(children), int(children[0]))

    def float(self, children: list[Any]) -> ast.Literal:
        self._check_digits(children[0])
        value = float(children[0])
        if value == inf:
            raise Rejected(
                limit_errors.number_too_large(str(children[0])).at(self.places.span(children))
            )
        return ast.Literal(self.places.span(children), value)

    def size(self, children: list[Any]) -> ast.SizeLiteral:
        self._check_digits(children[0])
        dims = tuple(int(part) for part in children[0].split("x"))
        return ast.SizeLiteral(self.places.span(children), dims)

    def string(self, children: list[Any]) -> ast.Literal:
        return ast.Literal(self.places.span(children), str(children[0])[1:-1])

    def boolean(self, children: list[Any]) -> ast.Literal:
        return ast.Literal(self.places.span(children), children[0] == "true")

    def flow(self, children: list[Any]) -> ast.Flow:
        return ast.Flow(self.places.span(children), str(children[2]))

    def list(self, children: builtins.list[Any]) -> ast.List:
        return ast.List(self.places.span(children), tuple(nodes(children)))

    def header(self, children: builtins.list[Any]) -> ast.Header:
        names = [self.places.name(child) for child in children if child.kind == "NAME"]
        indexed = len(children) > 1 and children[1] == "," and children[0] != "("
        index = names.pop(0) if indexed else None
        return ast.Header(self.places.span(children), index, tuple(names))

    def comprehension(self, children: builtins.list[Any]) -> ast.Comprehension:
        value, header, source, *condition = nodes(children)
        found = condition[0] if condition else None
        return ast.Comprehension(self.places.span(children), value, header, source, found)

    def map(self, children: builtins.list[Any]) -> ast.Map:
        pairs = tuple(pair.items for pair in nodes(children))
        return ast.Map(self.places.span(children), pairs)

    def pair(self, children: builtins.list[Any]) -> Many:
        key, _, value = children
        key = self.places.name(key) if isinstance(key, Token) else key
        return Many(self.places.span(children), (key, value))

    def reference(self, children: builtins.list[Any]) -> ast.Reference:
        (token,) = children
        path, offset = [], 1
        for part in _split_path(str(token)[1:]):
            path.append(self.places.template(part, token.start + offset))
            offset += len(part) + 1
        return ast.Reference(self.places.span(children), tuple(path))

    def _check_digits(self, token: Token) -> None:
        if len(token) > MOST_DIGITS:
            problem = syntax_errors.too_many_digits(len(token), MOST_DIGITS)
            raise Rejected(problem.at(self.places.span([token])))


def _split_path(text: str) -> list[str]:
    """Split a dotted reference; dots inside braces belong to an expression."""
    return re.findall(r"(?:[^.{]|\{[^{}]*\})+", text)
