"""Docstrings from strangers' comments: text that cannot end the string or run."""

from __future__ import annotations

from textwrap import wrap

from archdsl.backends.torch.layout import INDENT, WIDTH


def docstring(text: str, level: int) -> tuple[str, ...]:
    """The lines of a docstring with nothing in it that could end it or run."""
    indent = INDENT * level
    safe = "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
    safe = safe.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').strip()
    if not safe:
        return ()
    if safe.endswith('"'):
        safe = safe[:-1] + '\\"'
    lines: list[str] = []
    for paragraph in safe.split("\n"):
        width = 84 - len(indent)
        lines += wrap(paragraph, width, break_long_words=False, break_on_hyphens=False) or [""]
    lines[0] = f'"""{lines[0]}'
    if len(lines) == 1 and len(indent) + len(lines[0]) + 3 <= WIDTH:
        return (f'{indent}{lines[0]}"""',)
    return (*(f"{indent}{line}".rstrip() for line in lines), f'{indent}"""')
