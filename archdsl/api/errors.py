"""The exception of the Python interface."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.diagnostics import Diagnostic


class ArchError(ValueError):
    """Raised for a network with mistakes, or for a request that cannot be met.

    The message shows each mistake with its place and the next step, as `archdsl check` does.
    `diagnostics` are the same mistakes as data; empty where the request is at fault.
    """

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)

    @classmethod
    def of(cls, diagnostics: Sequence[Diagnostic]) -> ArchError:
        """Return the error for some mistakes."""
        return cls(as_text(diagnostics), diagnostics)


def as_text(diagnostics: Sequence[Diagnostic]) -> str:
    """Return mistakes as the command line shows them, without colours."""
    from archdsl.diagnostics.text_form import to_text

    return "\n\n".join(map(to_text, diagnostics))
