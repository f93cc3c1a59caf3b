"""Commands as processes of their own, whose streams a test can close, fill and break."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

SECONDS = 120  # a hang, not slowness
GOOD = "network good(c = 8) { input 3x8x8 -> conv(3x3, c, bias=false) -> bn -> relu }\n"
BAD = "network bad { input 3x8x8 -> conv(3x3, 8, strid=2) }\n"


def shell(command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `archdsl` is the command of this checkout."""
    alias = f'archdsl() {{ "{sys.executable}" -m archdsl "$@"; }}\n'
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", alias + command],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        **options,
    )
