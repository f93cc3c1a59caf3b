"""Names of generated classes: after the network's family, the author's blocks, and labels."""

from __future__ import annotations

import re
from collections.abc import Mapping

from archdsl.backends.torch.outline import Module

ENDINGS = {"split": "_part", "towers": "_tower"}  # of the names of their parts' classes


def class_name(module: Module) -> str:
    """`bottleneck` to `Bottleneck`; a group is named by its label without numbers."""
    scope = module.scope
    title = scope.title if module.is_block else (scope.label or "")
    if not module.is_block:
        around = scope
        while not title and around.parent is not None:
            around = around.parent
            title = around.label or ""
        title = re.sub(r"_?\d+$", "", title) or "Part"
        if scope.kind == "iteration" and scope.parent is not None:
            title += ENDINGS.get(scope.parent.kind, "")
    return cap_words(title)


def cap_words(name: str, spelling: Mapping[str, str] | None = None) -> str:
    """A name as that of a class: `dense_block` to `DenseBlock`.

    `spelling` has words as they are to be spelled: `ResNet` by `resnet`.
    """
    words = ((spelling or {}).get(word.lower(), word) for word in name.split("_"))
    return "".join(word[:1].upper() + word[1:] for word in words)


def spelling_of(text: str) -> dict[str, str]:
    """Words with capitals inside, as the comments of an `.arch` file have them, by small letters.

    `LeNet-5` is `lenet5`, and `DenseNet-B` is also `densenet`.
    """
    words = (word for line in re.findall(r"#[^\n]*", text) for word in re.findall(r"[\w-]+", line))
    plain = (part for word in words for part in (word.replace("-", ""), *word.split("-")))
    return {word.lower(): word for word in plain if word.isalnum() and word[1:] != word[1:].lower()}


def names_of(groups: list[list[Module]]) -> list[str]:
    """The names of a block's classes: what is true of one alone, and the block's own name.

    The commonest has the block's name alone.
    """
    base = class_name(groups[0][0])
    commonest = max(groups, key=len)
    flags = [_flags(group[0]) for group in groups]
    shared = set.intersection(*map(set, flags))
    return [
        base if group is commonest else "".join(f for f in own if f not in shared) + base
        for group, own in zip(groups, flags, strict=True)
    ]


def _flags(module: Module) -> list[str]:
    """The words that distinguish an instance: arguments that are true, labels of its parts."""
    true = [name for name, value in module.scope.arguments.items() if value is True]
    labels = [part.name for part in module.parts if part.labelled and not part.passes]
    return ["".join(word.capitalize() for word in name.split("_")) for name in [*true, *labels]]
