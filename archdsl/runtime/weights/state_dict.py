"""Check that a state_dict belongs to the network that an engine was compiled from."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product, repeat
from typing import Any

from torch import Tensor, nn

# Prefixes of every name: those of DataParallel and DDP, and of `torch.compile`.
WRAPPERS = ("module.", "_orig_mod.")
# Differences that a message lists.
LISTED = 10
# The tensors of a batch norm, `*` in a table.
STATISTICS = "{weight,bias,running_mean,running_var}"
SHAPE = r"\d+(x\d+)*|\(\)"  # `()` is one number


def items_of(text: str) -> Iterator[str]:
    """Yield the items of a list such as `3a,3b`, `0..3`, or `64..224..32` in steps."""
    for item in text.split(","):
        if ".." not in item or "{" in item:
            yield item
        else:
            first, last, *step = map(int, item.split(".."))
            yield from map(str, range(first, last + 1, *step))


def columns_of(row: str) -> Iterator[str]:
    """Yield a row once for each column of its brackets, which advance together."""
    parts = re.split(r"\[(.*?)\]", row)
    lists = [items_of(x) if i % 2 else repeat(x) for i, x in enumerate(parts)]
    yield from map("".join, zip(*lists, strict=False)) if len(parts) > 1 else parts


def expanded(pattern: str) -> Iterator[str]:
    """Expand a pattern with `{a,b}` and `{0..3}` into all names."""
    parts = re.split(r"\{(.*?)\}", pattern)
    choices = [list(items_of(x)) if i % 2 else [x] for i, x in enumerate(parts)]
    yield from map("".join, product(*choices))


def shapes_of(table: str) -> dict[str, tuple[int, ...]]:
    """Parse rows such as `layer{1..2} conv.weight 8x3x1x1 bn.*` into shapes by name.

    A row is a place, unless its tensors are the network's own, and names with shapes.
    """
    found: dict[str, tuple[int, ...]] = {}
    for row in table.strip().splitlines():
        for line in columns_of(row):
            place, *words = line.split()
            if re.fullmatch(SHAPE, words[0]):
                place, words = "", [place, *words]
            for name, shape in tensors_in(words):
                pattern = f"{place}.{name}" if place else name
                names = expanded(pattern.replace("*", STATISTICS))
                found |= dict.fromkeys(names, shape)
    return found


def tensors_in(words: Iterable[str]) -> list[tuple[str, tuple[int, ...]]]:
    """Pair names with the shapes after them, or with the channels of the tensor before."""
    found: list[tuple[str, tuple[int, ...]]] = []
    for word in words:
        if re.fullmatch(SHAPE, word):
            found[-1] = (found[-1][0], tuple(map(int, re.findall(r"\d+", word))))
        else:
            found.append((word, found[-1][1][:1] if found else ()))
    return found


def matched(
    state_dict: Mapping[str, Any], needed: str, unused: str
) -> Mapping[str, Tensor]:
    """Return the tensors by the network's names; raise ValueError where any differ.

    `needed` and `unused` are tables as `shapes_of` reads them. Tensors that an engine does
    not use, and the counters of batch norm, may be missing.
    """
    known, spare = shapes_of(needed), shapes_of(unused)
    means = [key for key in (*known, *spare) if key.endswith(".running_mean")]
    spare |= {key.replace("running_mean", "num_batches_tracked"): () for key in means}
    tensors = unwrapped(state_dict, {*known, *spare})
    differences = [f"{key} is missing" for key in known if key not in tensors]
    for key, tensor in tensors.items():
        differences += difference(key, tensor, known.get(key, spare.get(key)))
    if differences:
        listed = "".join(f"\n  {line}" for line in differences[:LISTED])
        more = len(differences) - LISTED
        listed += f"\n  and {more} more" if more > 0 else ""
        count = f"{len(differences)} difference{'s' * (len(differences) > 1)}"
        raise ValueError(
            f"this state_dict is not the network's, {count}:{listed}\n"
            + reason(tensors, known)
        )
    return tensors


def difference(key: str, tensor: Tensor, size: tuple[int, ...] | None) -> Iterator[str]:
    """Describe how a tensor differs from the network's, whose shape is given or None."""
    if size is None:
        yield f"{key} is in no layer"
    elif tuple(tensor.shape) != size:
        yield f"{key} is {shown(tensor.shape)}, not {shown(size)}"
    elif size and not tensor.is_floating_point():
        yield f"{key} has the type {tensor.dtype}"
    elif tensor.is_meta:
        yield f"{key} is on the meta device, without numbers"


def unwrapped(state_dict: Mapping[str, Any], known: set[str]) -> dict[str, Tensor]:
    """Return the tensors without a wrapper's prefix; raise for other than a state_dict."""
    if not isinstance(state_dict, Mapping):
        advice = "pass model.state_dict()" if hasattr(state_dict, "state_dict") else ""
        given = f"expected a state_dict, got {type(state_dict).__name__}"
        raise TypeError(f"{given}: {advice}" if advice else given)
    inner = [f"checkpoint[{key!r}]{step}" for key, step in inside(state_dict)]
    if inner:
        listed = " or ".join(inner[:LISTED])
        raise ValueError(f"this is a checkpoint, not a state_dict: pass {listed}")
    strange = [
        key
        for key, x in state_dict.items()
        if not (isinstance(key, str) and isinstance(x, Tensor))
    ]
    if strange:
        listed = ", ".join(map(str, strange[:LISTED]))
        raise ValueError(f"expected tensors by name; no such entry: {listed}")
    found = dict(state_dict)
    while found and known.isdisjoint(found):
        wraps = [w for w in WRAPPERS if all(key.startswith(w) for key in found)]
        if not wraps:
            break
        found = {key.removeprefix(wraps[0]): x for key, x in found.items()}
    return found


def inside(checkpoint: Mapping[Any, Any]) -> Iterator[tuple[Any, str]]:
    """Yield the keys of state_dicts and modules in a checkpoint, and how to read them."""
    for key, value in checkpoint.items():
        if isinstance(value, nn.Module):
            yield key, ".state_dict()"
        elif isinstance(value, Mapping) and any(
            isinstance(x, Tensor) for x in value.values()
        ):
            yield key, ""


def reason(tensors: Mapping[str, Tensor], known: Mapping[str, Any]) -> str:
    """Suggest what is wrong, and the next step."""
    present = [key for key in known if key in tensors]
    if not present:
        return prefix_advice(tensors, known)
    differ = [key for key in present if tuple(tensors[key].shape) != known[key]]
    surplus = len(tensors) > len(present)
    last = list(known)[-1].rpartition(".")[0]
    if differ and all(key.rpartition(".")[0] == last for key in differ):
        return f"{last} has another size: were these trained for other classes?"
    if differ:
        return (
            "Were these trained with other parameters? Compile the network with those."
        )
    if surplus and len(present) == len(known):
        return "Remove what is not the network's, or compile the network that has it."
    return (
        "Was the network changed after the training? Compile the one that was trained."
    )


def prefix_advice(tensors: Mapping[str, Tensor], known: Mapping[str, Any]) -> str:
    """Suggest how to remove a prefix of all names, such as `model.`; or another network."""
    for key in tensors:
        prefix = key.removesuffix(next(iter(known), key))
        if prefix != key and all(prefix + name in tensors for name in known):
            kept = f"k.removeprefix({prefix!r}): v for k, v in state_dict.items()"
            if any(not name.startswith(prefix) for name in tensors):
                kept += f" if k.startswith({prefix!r})"
            return f"Its names begin with {prefix!r}: pass {{{kept}}}"
    return "No name is the network's: are these the weights of another network?"


def shown(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size)) or "one number"
