"""Imports of a generated file, and definitions that its ops need."""

from __future__ import annotations

import re

from archdsl.backends.torch import recompute as recomputing
from archdsl.backends.torch.outline import Module

DIVISIBLE = '''
def divisible(value: float, by: int = 8, least: int | None = None) -> int:
    """The multiple of `by` nearest to a channel count, at least 0.9 of it (MobileNet)."""
    rounded = max(least or by, int(value + by / 2) // by * by)
    return rounded + by if rounded < 0.9 * value else rounded
'''.strip("\n")


def support_of(root: Module) -> tuple[str, ...]:
    """Definitions that ops need and PyTorch does not have, each once."""
    texts = dict.fromkeys(part.form.support for module in root.walk() for part in module.parts)
    sources = (source for text in texts for source in text.split("\n\n\n"))
    return tuple(dict.fromkeys(source.strip("\n") for source in sources if source.strip("\n")))


def defined(source: str) -> list[str]:
    return re.findall(r"^(?:class|def) (\w+)", source, re.MULTILINE)


def needed(support: tuple[str, ...], lines: list[str]) -> tuple[str, ...]:
    """The support that the lines mention, and what that mentions: functions need none."""
    found: set[str] = set()
    texts = ["\n".join(lines)]
    while texts:
        words = set(re.findall(r"\w+", "\n".join(texts)))
        texts = [s for s in support if s not in found and not words.isdisjoint(defined(s))]
        found.update(texts)
    return tuple(source for source in support if source in found)


def imports_of(named_tuple: bool, lines: list[str]) -> tuple[str, ...]:
    text = "\n".join(lines)
    again = "Recomputed" in text
    typing = [*(["Any"] if again else []), *(["NamedTuple"] if named_tuple else [])]
    found = ["import math"] if re.search(r"(?<![\w.])math\.", text) else []
    if again:
        found.append(recomputing.CALLABLE)
    elif "Callable[" in text:
        found.append("from collections.abc import Callable")
    found += ["from functools import partial"] if "partial(" in text else []
    found += [f"from typing import {', '.join(typing)}"] if typing else []
    found += [""] if found else []
    if re.search(r"(?<![\w.])torch\.", text):
        found.append("import torch")
    if re.search(r"(?<![\w.])F\.", text):
        found.append("import torch.nn.functional as F")
    found.append("from torch import Tensor, nn" if "Tensor" in text else "from torch import nn")
    return (*found, recomputing.ONCE) if again else tuple(found)
