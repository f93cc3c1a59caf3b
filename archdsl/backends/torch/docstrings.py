"""Docstrings from strangers' comments: text that cannot end the string or run."""

from __future__ import annotations

import re
from textwrap import wrap

from archdsl.backends.torch.layout import INDENT, WIDTH


def docstring(text: str, level: int) -> tuple[str, ...]:
    """The lines of a docstring at an indentation level; none for an empty text."""
    indent = INDENT * level
    lines: list[str] = []
    for paragraph in re.split(r"\n[ \t]*\n", text.strip()):
        lines += [*wrap(_printable(paragraph), WIDTH - 6 - len(indent)), ""]
    safe = _escaped("\n".join(lines).strip())
    if not safe:
        return ()
    if "\n" not in safe and len(f'{indent}"""{safe}"""') <= WIDTH:
        return (f'{indent}"""{safe}"""',)
    first, *rest = safe.split("\n")
    return (f'{indent}"""{first}', *(f"{indent}{line}".rstrip() for line in rest), f'{indent}"""')


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text.replace("\n", " "))


def _escaped(text: str) -> str:
    """Backslashes doubled; quotes escaped where they could end the string."""
    text = text.replace("\\", "\\\\")
    risky = '"""' in text or text.startswith('"') or text.endswith('"')
    return text.replace('"', '\\"') if risky else text
