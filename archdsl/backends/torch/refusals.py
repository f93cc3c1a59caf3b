"""The arguments that a class refuses, since its block would be another class with them."""

from __future__ import annotations

from archdsl.backends.torch.constructor import Constructor
from archdsl.backends.torch.expressions import Symbol, negated, rewritten
from archdsl.backends.torch.instance import OWN
from archdsl.ops.formulas import Extent, Fixed, Formula, plain, symbols_of


def refusals_of(constructor: Constructor, subject: str) -> list[tuple[str, str]]:
    """Conditions under which the class is not what its block is, each with a message."""
    held = [f if f.value else negated(f) for f in conditions_of(constructor)]
    return [
        (constructor.writer.text(negated(f)), f"{subject} needs {constructor.writer.text(f)}")
        for f in held
    ]


def conditions_of(constructor: Constructor) -> list[Formula]:
    """The author's conditions that have one outcome in the class, and another for others."""
    found: dict[str, Formula | None] = {}
    for decision in constructor.decisions():
        known = _with_values(constructor, decision)
        if isinstance(known, Fixed):
            continue
        if all(symbol in constructor.writer.names for symbol in symbols_of(known)):
            text = constructor.writer.text(known)
            other = found.setdefault(text, known)
            if other is not None and other.value != known.value:
                found[text] = None  # the class is both
    return [formula for formula in found.values() if formula is not None]


def _with_values(constructor: Constructor, formula: Formula) -> Formula:
    """A condition with the value of each symbol that is no parameter of the class."""
    if formula in constructor.chosen:
        return formula

    def known(symbol: Symbol) -> Formula:
        own = isinstance(symbol, Extent) or symbol.owner is OWN
        free = not own or symbol in constructor.writer.names
        return symbol if free else Fixed(plain(symbol.value))

    return rewritten(formula, known)
