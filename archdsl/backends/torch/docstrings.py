"""Docstrings from strangers' comments: text that cannot end the string or run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from archdsl.backends.torch.layout import INDENT, WIDTH
from archdsl.ir import Graph, Node
from archdsl.ops.values import Size


def docstring(text: str, level: int, last: Sequence[str] = ()) -> tuple[str, ...]:
    """The lines of a docstring at an indentation level; none for an empty text.

    The lines of the `last` paragraph are not wrapped.
    """
    indent = INDENT * level
    lines: list[str] = []
    for paragraph in re.split(r"\n[ \t]*\n", text.strip()):
        lines += [*wrap(_printable(paragraph), WIDTH - 6 - len(indent)), ""]
    lines += map(_printable, last)
    safe = _escaped("\n".join(lines).strip())
    if not safe:
        return ()
    if "\n" not in safe and len(f'{indent}"""{safe}"""') <= WIDTH:
        return (f'{indent}"""{safe}"""',)
    first, *rest = safe.split("\n")
    return (f'{indent}"""{first}', *(f"{indent}{line}".rstrip() for line in rest), f'{indent}"""')


def heading(graph: Graph) -> str:
    """A description of a network: the author's comment and the values of the parameters."""
    values = [f"{name} = {_shown(value)}" for name, value in graph.root.arguments.items()]
    parameters = "\n\nParameters: " + ", ".join(values) + "." if values else ""
    doc = graph.root.doc.strip() or f"{graph.name}."
    return f"{doc}{parameters}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)) and not isinstance(value, Size):
        return f"[{', '.join(map(_shown, value))}]"
    bound = getattr(value, "bound", None)
    if isinstance(bound, dict) and bound:
        return f"{value}({', '.join(f'{k}={_shown(v)}' for k, v in bound.items())})"
    if isinstance(value, Node):
        return f"@{value.path}"
    return str(value)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text.replace("\n", " "))


def _escaped(text: str) -> str:
    """Backslashes doubled; quotes escaped where they could end the string."""
    text = text.replace("\\", "\\\\")
    risky = '"""' in text or text.startswith('"') or text.endswith('"')
    return text.replace('"', '\\"') if risky else text
