"""Names of generated classes: after the network's family, the author's blocks, and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

from archdsl.backends.torch.outline import Module, Part
from archdsl.ir import Scope
from archdsl.ops.formulas import Apply, Extent, Fixed, Formula, Parameter, symbols_of
from archdsl.ops.values import is_int

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

    `spelling` has words as they are to be spelled: `ResNet` by `resnet`. A name without such a
    word may be one word there: `mobilenet_v3` is `MobileNetV3`.
    """
    known = spelling or {}
    whole = known.get(name.replace("_", "").lower())
    if whole is not None and not any(word.lower() in known for word in name.split("_")):
        return whole
    words = (known.get(word.lower(), word) for word in name.split("_"))
    return "".join(word[:1].upper() + word[1:] for word in words)


def spelling_of(text: str) -> dict[str, str]:
    """Words with capitals inside, as the comments of an `.arch` file have them, by small letters.

    `LeNet-5` is `lenet5`, and `DenseNet-B` is also `densenet`.
    """
    words = (word for line in re.findall(r"#[^\n]*", text) for word in re.findall(r"[\w-]+", line))
    plain = (part for word in words for part in (word.replace("-", ""), *word.split("-")))
    return {word.lower(): word for word in plain if word.isalnum() and word[1:] != word[1:].lower()}


def names_of(
    classes: list[list[list[Module]]],
    decisions: Mapping[Module, Sequence[Formula]],
    countdown: str | None = None,
) -> list[str]:
    """The names of a block's classes: the words that are true of one alone, and the block's name.

    The commonest has the block's name alone where all others have words. A block that calls itself
    is named by the number that it counts down, `Fractal3Columns`, and keeps its own name where it
    calls itself no further. A class that returns the branches of a join of its caller is named so:
    `Fractal3ColumnsBranches`.
    A class has groups of modules of one structure each; `decisions` are the conditions from which
    a module's structure follows.
    """
    groups = [[module for group in made for module in group] for made in classes]
    base = class_name(groups[0][0])
    flags = [_common([_flags(g[0], decisions[g[0]]) for g in made]) for made in classes]
    shared = set.intersection(*map(set, flags))
    words = [[flag for flag in own if flag not in shared] for own in flags]
    if all(words):
        words[groups.index(max(groups, key=len))] = []
    fewest = min(len(group[0].outputs) for group in groups)
    names = []
    for group, own in zip(groups, words, strict=True):
        branches = "Branches" if len(group[0].outputs) > fewest else ""
        names.append("".join(own) + base + _level(group, countdown) + branches)
    return names


def countdowns_of(modules: Iterable[Module]) -> dict[str, str]:
    """The number that each block counts down which calls itself: `columns` by `fractal`."""
    found: dict[str, set[str]] = {}
    for module in modules:
        caller = _caller_of_its_block(module)
        if caller is not None:
            mine, its = module.scope.arguments, caller.arguments
            smaller = {n for n, value in mine.items() if is_int(value) and value != its[n]}
            title = module.scope.title
            found[title] = found.get(title, smaller) & smaller
    return {title: min(names) for title, names in found.items() if len(names) == 1}


def _caller_of_its_block(module: Module) -> Scope | None:
    """The block around a module that is the same block with other arguments."""
    scope = module.scope
    around = scope.parent.lineage() if scope.parent is not None and module.is_block else ()
    return next((s for s in around if s.kind == "block" and s.title == scope.title), None)


def _level(group: list[Module], countdown: str | None) -> str:
    """The number that a block counts down, as `3Columns`; empty in its innermost call."""
    title = group[0].scope.title
    innermost = all(m is group[0] or m.scope.title != title for m in group[0].walk())
    value = count_of(group, countdown)
    return (
        "" if countdown is None or value is None or innermost else f"{value}{cap_words(countdown)}"
    )


def count_of(group: list[Module], countdown: str | None) -> int | None:
    """The number that a block counts down, where it is the same in all of a group."""
    if countdown is None or not group[0].is_block:
        return None
    values = {module.scope.arguments[countdown] for module in group}
    return values.pop() if len(values) == 1 else None


def _common(words: Sequence[list[str]]) -> list[str]:
    """The words that are in all rows, in the order of the first."""
    return [word for word in words[0] if all(word in row for row in words)]


def _flags(module: Module, decisions: Iterable[Formula]) -> list[str]:
    """The words that distinguish an instance: its arguments, the labels of its parts, its sums."""
    arguments = (_flag(name, value) for name, value in module.scope.arguments.items())
    labels = [part.name for part in module.parts if part.labelled and not part.passes]
    residual = ["residual"] if any(_is_residual(part, module) for part in module.parts) else []
    words = (*arguments, *labels, *residual, *_names_equal(decisions))
    found = ("".join(map(str.capitalize, word.split("_"))) for word in words)
    return list(dict.fromkeys(filter(None, found)))


def _flag(name: str, value: Any) -> str:
    """The word for an argument: its name if it is true, the op if it is one."""
    op = getattr(value, "op", None)
    return name if value is True else getattr(op, "word", "")


def _is_residual(part: Part, module: Module) -> bool:
    """Whether a part adds the module's input."""
    word = part.node.op.word if part.node is not None else ""
    return word == "add" and not set(module.inputs).isdisjoint(part.inputs)


def _names_equal(decisions: Iterable[Formula]) -> Iterator[str]:
    """The parameters that conditions find equal to a number or to the channels of an input."""
    for decision in decisions:
        if isinstance(decision, Apply) and decision.function == ("==" if decision.value else "!="):
            for name, other in permutations(decision.operands):
                if isinstance(name, Parameter) and isinstance(other, Extent):
                    yield f"same_{name.name}"
                elif isinstance(other, Fixed):  # `count - 1 == 0`
                    yield from (f"{s.name}{s.value}" for s in _only(name) if is_int(s.value))


def _only(formula: Formula) -> list[Parameter]:
    """The parameter of a formula that has no other."""
    found = list(symbols_of(formula))
    return [s for s in found if isinstance(s, Parameter) and len(found) == 1]
