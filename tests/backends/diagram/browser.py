"""A real Chromium: what axe finds in a page, and how a page looks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A diagram</title></head>
<body><main><h1>A diagram</h1>{svg}</main>
<script>{axe}</script>
<script>axe.run(document).then(found => {{
  const result = document.createElement("pre");
  result.id = "axe";
  result.textContent = JSON.stringify({{
    violations: found.violations.map(each => each.id),
    passes: found.passes.map(each => each.id),
    images: [...document.querySelectorAll("svg[role=img]")].length,
  }});
  document.body.append(result);
}});</script></body></html>"""


def axe(svg: str, folder: Path) -> dict[str, Any]:
    """The rules that an SVG within a page passes, and those that it does not."""
    spec = find_spec("axe_playwright_python")  # for its axe.min.js; it is never imported
    assert spec is not None
    assert spec.origin is not None
    script = Path(spec.origin).with_name("axe.min.js").read_text("utf-8")
    page = folder / "page.html"
    page.write_text(PAGE.format(svg=svg, axe=script), "utf-8")
    found = re.search(r'<pre id="axe">(.*?)</pre>', _run(folder, "--dump-dom", page.as_uri()))
    assert found, "axe did not answer"
    return dict(json.loads(found[1].replace("&amp;", "&")))


def screenshot(svg: Path, picture: Path, dark: bool) -> None:
    """The SVG as Chromium shows it."""
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    size = "--window-size=620,340"
    _run(picture.parent, *scheme, size, f"--screenshot={picture}", svg.as_uri())


def _run(folder: Path, *arguments: str) -> str:
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000", *arguments,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout
