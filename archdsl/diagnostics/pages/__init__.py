"""One page of text for each code: why it is a mistake, and an example of wrong and right."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def codes() -> list[str]:
    """All codes that have a page, in order."""
    return sorted(path.stem for path in FOLDER.glob("[AL]*.md"))


def page(code: str) -> str | None:
    """The page of a code as Markdown; None where there is none."""
    if not (code.isascii() and code.isalnum()):
        return None
    path = FOLDER / f"{code}.md"
    return path.read_text("utf-8") if path.is_file() else None


def title(code: str) -> str:
    """The first line of a code's page, without the code."""
    first = (page(code) or "").partition("\n")[0]
    return first.removeprefix(f"# {code}: ")
