"""Construction of definitions and bodies in a parser run: one method per rule of the grammar."""

from __future__ import annotations

from typing import Any

from archdsl.diagnostics import Source, Span
from archdsl.records import record
from archdsl.syntax import ast
from archdsl.syntax.build_places import Many, Places, nodes, start_of
from archdsl.syntax.tokens import Token


@record
class BodyRules:
    """Methods that get all children of a rule; tokens and nodes have their places."""

    places: Places

    # -------------------------------------------------------------- definitions

    def start(self, children: list[Any]) -> tuple[ast.Definition, ...]:
        return tuple(nodes(children))

    def import_(self, children: list[Any]) -> ast.Import:
        names = [self.places.name(token) for token in children if token.kind == "NAME"]
        return ast.Import(self.places.span(children), names[0], tuple(names[1:]))

    def let(self, children: list[Any]) -> ast.Let:
        parameters = _parameters(children) if isinstance(children[2], Many) else None
        name = self.places.name(children[1])
        return ast.Let(self.places.span(children), name, parameters, children[-1])

    def default(self, children: list[Any]) -> ast.Default:
        return ast.Default(
            self.places.span(children), self.places.name(children[1]), children[2].items
        )

    def block(self, children: list[Any]) -> ast.Block:
        inline = children[0] == "inline"
        name = self.places.name(children[2 if inline else 1])
        parameters = _parameters(children)
        doc = doc_above(self.places.source, start_of(children[0]))
        return ast.Block(self.places.span(children), name, parameters, children[-1], doc, inline)

    def network(self, children: list[Any]) -> ast.Network:
        name = self.places.name(children[1])
        doc = doc_above(self.places.source, start_of(children[0]))
        return ast.Network(
            self.places.span(children), name, _parameters(children), children[-1], doc
        )

    def variant(self, children: list[Any]) -> ast.Variant:
        doc = doc_above(self.places.source, start_of(children[0]))
        return ast.Variant(
            self.places.span(children), self.places.name(children[1]), children[3], doc
        )

    def expect(self, children: list[Any]) -> ast.Expect:
        return ast.Expect(self.places.span(children), children[1])

    def parameters(self, children: list[Any]) -> Many:
        return Many(self.places.span(children), tuple(nodes(children)))

    def parameter(self, children: list[Any]) -> ast.Parameter:
        default = children[2] if len(children) > 1 else None
        return ast.Parameter(self.places.span(children), self.places.name(children[0]), default)

    # -------------------------------------------------------------- bodies

    def body(self, children: list[Any]) -> ast.Body:
        chain = children[1].items if len(children) == 3 else ()
        return ast.Body(self.places.span(children), chain)

    def chain(self, children: list[Any]) -> Many:
        return Many(self.places.span(children), tuple(nodes(children)))

    def input(self, children: list[Any]) -> ast.Input:
        name = self.places.name(children[1]) if len(children) == 3 else None
        return ast.Input(self.places.span(children), name, children[-1])

    def output(self, children: list[Any]) -> ast.Output:
        return ast.Output(self.places.span(children), tuple(nodes(children)))

    def labelled(self, children: list[Any]) -> ast.Labelled:
        label, _, item = children
        template = self.places.template(label, label.start)
        return ast.Labelled(self.places.span(children), template, item)

    def group(self, children: list[Any]) -> ast.Group:
        return ast.Group(self.places.span(children), children[0])

    def invoke(self, children: list[Any]) -> ast.Invoke:
        callee: ast.Name | ast.Index = self.places.name(children[0])
        arguments: tuple[ast.Argument, ...] = ()
        branches: tuple[ast.Body, ...] = ()
        for child in children[1:]:
            if child.kind == "subscript":
                span = Span(self.places.source, callee.span.start, child.span.end)
                callee = ast.Index(span, callee, child.items[0])
            elif child.kind == "arguments":
                arguments = child.items
            else:
                branches = child.items
        return ast.Invoke(self.places.span(children), callee, arguments, branches)

    def subscript(self, children: list[Any]) -> Many:
        return Many(self.places.span(children), (children[1],), "subscript")

    def branches(self, children: list[Any]) -> Many:
        bodies = tuple(ast.Body(chain.span, chain.items) for chain in nodes(children))
        return Many(self.places.span(children), bodies, "branches")

    def skip(self, children: list[Any]) -> ast.Skip:
        given = nodes(children[:-1])
        condition = given.pop() if any(child == "if" for child in children) else None
        shortcut = given[0] if given else None
        return ast.Skip(self.places.span(children), shortcut, condition, children[-1])

    def repeat(self, children: list[Any]) -> ast.Repeat:
        header = children[1] if isinstance(children[1], ast.Header) else None
        source, body = children[-2:]
        dense = children[0] == "dense"
        return ast.Repeat(self.places.span(children), header, source, body, dense)

    def split(self, children: list[Any]) -> ast.Split:
        towers = any(isinstance(c, Token) and c.kind == "ON_DEVICES" for c in children)
        last = children[-1]
        if isinstance(last, Many):
            return ast.Split(self.places.span(children), None, last.items, towers)
        return ast.Split(self.places.span(children), children[1], (last,), towers)

    def aux(self, children: list[Any]) -> ast.Aux:
        arguments = children[1].items if len(children) == 3 else ()
        return ast.Aux(self.places.span(children), arguments, children[-1])

    def if_(self, children: list[Any]) -> ast.If:
        otherwise = children[4] if len(children) > 3 else None
        return ast.If(self.places.span(children), children[1], children[2], otherwise)


def _parameters(children: list[Any]) -> tuple[ast.Parameter, ...]:
    for child in children:
        if isinstance(child, Many):
            return child.items
    return ()


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
