"""Docstrings from strangers' comments: text that cannot end the string or run."""

from __future__ import annotations

from textwrap import wrap

from archdsl.backends.torch.layout import INDENT, WIDTH


def docstring(text: str, level: int) -> tuple[str, ...]:
    """The lines of a docstring at an indentation level; none for an empty text."""
    indent = INDENT * level
    lines: list[str] = []
    for paragraph in text.strip().split("\n"):
        lines += wrap(_printable(paragraph), WIDTH - 4 - len(indent)) or [""]
    safe = _escaped("\n".join(lines).strip())
    if not safe:
        return ()
    if "\n" not in safe and len(f'{indent}"""{safe}"""') <= WIDTH:
        return (f'{indent}"""{safe}"""',)
    first, *rest = safe.split("\n")
    return (f'{indent}"""{first}', *(f"{indent}{line}".rstrip() for line in rest), f'{indent}"""')


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text)


def _escaped(text: str) -> str:
    """Backslashes doubled; quotes escaped where they could end the string."""
    text = text.replace("\\", "\\\\")
    return text.replace('"', '\\"') if '"""' in text or text.endswith('"') else text
