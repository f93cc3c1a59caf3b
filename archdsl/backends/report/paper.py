"""The paper of a network, as the comments above it cite it."""

from __future__ import annotations

import re
from dataclasses import dataclass

CITATION = re.compile(
    r"(?P<title>.+?) \((?P<authors>[^()]+?) (?P<year>(?:19|20)\d\d)"
    r"(?:, arXiv:(?P<arxiv>\d{4}\.\d{4,5}))?[^()]*\)"
)
QUOTED = re.compile(r'"([^"]+)"$')


@dataclass(frozen=True)
class Paper:
    """A paper; `arxiv` is empty for papers that are not there."""

    title: str
    authors: str
    year: int
    arxiv: str = ""

    @property
    def cited(self) -> str:
        """The citation: `Wide residual networks (Zagoruyko, Komodakis 2016, arXiv:1605.07146)`."""
        names = self.authors.split(", ")
        authors = self.authors if len(names) < 3 else f"{names[0]} et al."
        where = f", arXiv:{self.arxiv}" if self.arxiv else ""
        return f"{self.title} ({authors} {self.year}{where})"

    @property
    def order(self) -> tuple[int, str, str]:
        """A sort key: by year."""
        return self.year, self.arxiv, self.title


def paper_of(doc: str) -> Paper | None:
    """Return the paper that a network's documentation cites; None where it cites none.

    `Title (Authors year, arXiv:…)` begins the comment at the head of a file; a network from another
    paper has `"Title" (Authors year, arXiv:…)` at the head of its own comment.
    """
    head, *own = (_cited(paragraph) for paragraph in doc.split("\n\n"))
    return next((paper for paper, quoted in filter(None, own) if quoted), head and head[0])


def _cited(paragraph: str) -> tuple[Paper, bool] | None:
    """Return the citation at the start of a paragraph, and whether its title is quoted."""
    found = CITATION.match(" ".join(paragraph.split()))
    if not found:
        return None
    quoted = QUOTED.search(found["title"])
    title = quoted[1] if quoted else found["title"]
    paper = Paper(title, found["authors"], int(found["year"]), found["arxiv"] or "")
    return paper, quoted is not None
