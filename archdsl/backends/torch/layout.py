"""Python expressions as trees, and their layout in lines as `ruff format` would break them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

WIDTH = 88
LONGEST_ROW = 100  # operands between operators: each is a level of Python's syntax tree
INDENT = "    "


@dataclass(frozen=True)
class Atom:
    """Anything that is never broken."""

    text: str

    def flat(self) -> str:
        return self.text


@dataclass(frozen=True)
class Variable(Atom):
    """A value by its number; `text` is the name that its variable gets if nothing else has it."""

    number: int


@dataclass(frozen=True)
class CallOf:
    """`function(args)`, or a method `of` a value; keywords are part of an argument: `Keyword`."""

    function: str
    args: tuple[Expr, ...] = ()
    of: Expr | None = None

    def flat(self) -> str:
        return f"{self.called}({', '.join(arg.flat() for arg in self.args)})"

    @property
    def called(self) -> str:
        return self.function if self.of is None else f"{bracketed(self.of)}{self.function}"


@dataclass(frozen=True)
class ListOf:
    items: tuple[Expr, ...]

    def flat(self) -> str:
        return f"[{', '.join(item.flat() for item in self.items)}]"


@dataclass(frozen=True)
class Keyword:
    name: str
    value: Expr

    def flat(self) -> str:
        return f"{self.name}={self.value.flat()}"


@dataclass(frozen=True)
class Repeated:
    """`*(item for variable in range(count))`."""

    item: Expr
    variable: str
    count: str

    def flat(self) -> str:
        return f"*({self.item.flat()} {self.loop})"

    @property
    def loop(self) -> str:
        return f"for {self.variable} in range({self.count})"


@dataclass(frozen=True)
class Choice:
    """`item if condition else otherwise`."""

    item: Expr
    condition: str
    otherwise: str

    def flat(self) -> str:
        return f"{self.item.flat()} if {self.condition} else {self.otherwise}"


@dataclass(frozen=True)
class Infix:
    """`a + b`."""

    operator: str
    operands: tuple[Expr, ...]

    def flat(self) -> str:
        return f" {self.operator} ".join(bracketed(each, self.operator) for each in self.operands)


def infix(operator: str, operands: tuple[Expr, ...]) -> Infix:
    """`a + b`, in groups where there are so many that Python could not parse them in one row."""
    while len(operands) > LONGEST_ROW:
        starts = range(0, len(operands), LONGEST_ROW)
        groups = (operands[start : start + LONGEST_ROW] for start in starts)
        operands = tuple(Infix(operator, group) for group in groups)
    return Infix(operator, operands)


Expr = Atom | CallOf | ListOf | Keyword | Repeated | Choice | Infix


def renamed(expression: Expr, names: Mapping[int, str]) -> Expr:
    """The same with the names of variables."""
    match expression:
        case Variable(number=number):
            return Atom(names[number])
        case CallOf(function, args, of):
            args = tuple(renamed(arg, names) for arg in args)
            return CallOf(function, args, None if of is None else renamed(of, names))
        case ListOf(items):
            return ListOf(tuple(renamed(item, names) for item in items))
        case Choice(item, condition, otherwise):
            return Choice(renamed(item, names), condition, otherwise)
        case Infix(operator, operands):
            return Infix(operator, tuple(renamed(operand, names) for operand in operands))
        case Atom() | Keyword() | Repeated():
            return expression


def bracketed(expression: Expr, operator: str = "") -> str:
    """The text of an expression as an operand of `operator`, which may bind more tightly."""
    inner = expression.flat()
    if isinstance(expression, Infix) and (expression.operator, operator) == ("*", "+"):
        return inner
    return f"({inner})" if isinstance(expression, (Infix, Choice)) else inner


def laid_out(prefix: str, expression: Expr, suffix: str = "", level: int = 2) -> list[str]:
    """The lines of `prefix expression suffix` at an indentation level."""
    indent = INDENT * level
    line = f"{indent}{prefix}{expression.flat()}{suffix}"
    if len(line) <= WIDTH:
        return [line]
    if isinstance(expression, Keyword):
        return laid_out(f"{prefix}{expression.name}=", expression.value, suffix, level)
    if isinstance(expression, CallOf) and expression.args:
        opening = f"{prefix}{expression.called}("
        return _broken(opening, expression.args, f"){suffix}", level)
    if isinstance(expression, ListOf) and expression.items:
        lines = (laid_out("", item, ",", level + 1) for item in expression.items)
        return [f"{indent}{prefix}[", *chain.from_iterable(lines), f"{indent}]{suffix}"]
    if isinstance(expression, Repeated):
        inner = laid_out("", expression.item, "", level + 1)
        loop = f"{INDENT * (level + 1)}{expression.loop}"
        return [f"{indent}{prefix}*(", *inner, loop, f"{indent}){suffix}"]
    if isinstance(expression, (Choice, Infix)):
        return [f"{indent}{prefix}(", *_parts(expression, level + 1), f"{indent}){suffix}"]
    return [line]


def _parts(expression: Choice | Infix, level: int) -> list[str]:
    """The lines between parentheses: one where it fits."""
    flat = f"{INDENT * level}{expression.flat()}"
    if len(flat) <= WIDTH:
        return [flat]
    if isinstance(expression, Choice):
        lines = laid_out("", expression.item, "", level)
        indent = INDENT * level
        ends = [f"if {expression.condition}", f"else {expression.otherwise}"]
        return [*lines, *(indent + end for end in ends)]
    lines = laid_out("", expression.operands[0], "", level)
    for operand in expression.operands[1:]:
        lines += laid_out(f"{expression.operator} ", operand, "", level)
    return lines


def _broken(opening: str, items: Sequence[Expr], closing: str, level: int) -> list[str]:
    """Brackets on lines of their own; what is inside on one line, or one line each."""
    indent = INDENT * level
    first, last = f"{indent}{opening}", f"{indent}{closing}"
    together = INDENT * (level + 1) + ", ".join(item.flat() for item in items)
    starred = any(isinstance(item, Repeated) for item in items)
    if len(together) <= WIDTH and not (starred and len(items) == 1):
        return [first, together, last]
    body = []
    for item in items:
        body += laid_out("", item, ",", level + 1)
    return [first, *body, last]


def function_head(
    name: str, parameters: Sequence[str], returns: str, level: int
) -> tuple[str, ...]:
    """The line that a function begins with, broken as `ruff format` would."""
    indent, inner = INDENT * level, INDENT * (level + 1)
    flat = f"{indent}{name}({', '.join(parameters)}) -> {returns}:"
    if len(flat) <= WIDTH:
        return (flat,)
    opening, closing = f"{indent}{name}(", f"{indent}) -> {returns}:"
    together = f"{inner}{', '.join(parameters)}"
    if len(together) <= WIDTH and len(parameters) > 1:
        return (opening, together, closing)
    return (opening, *(f"{inner}{parameter}," for parameter in parameters), closing)
