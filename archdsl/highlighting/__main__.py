"""`python -m archdsl.highlighting FILE` writes the TextMate grammar."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from archdsl.highlighting.textmate import grammar

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(grammar(), indent=2) + "\n", "utf-8")
