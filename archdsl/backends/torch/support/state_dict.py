"""Whether a state_dict is that of the network which an engine was generated from."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from torch import Tensor

# What wrappers put before every name: DataParallel and DDP, `torch.compile`.
WRAPPERS = ("module.", "_orig_mod.")
# How many differences a message lists.
LISTED = 10


def expanded(pattern: str) -> Iterator[str]:
    """The names that a pattern with `{a,b}` and `{0..3}` stands for."""
    parts = re.split(r"\{(.*?)\}", pattern)
    choices = [[part] for part in parts]
    for position in range(1, len(parts), 2):
        first, dots, last = parts[position].partition("..")
        numbers = map(str, range(int(first), int(last) + 1)) if dots else ()
        choices[position] = list(numbers) if dots else first.split(",")
    yield from map("".join, product(*choices))


def shapes_of(text: str) -> dict[str, tuple[int, ...]]:
    """Shapes by name, from lines such as `bn{1..2}.{weight,bias} 64`."""
    lines = [line.lstrip().partition(" ") for line in text.strip().splitlines()]
    return {
        name: tuple(map(int, filter(None, size.split("x"))))
        for pattern, _, size in lines
        for name in expanded(pattern)
    }


def matched(
    state_dict: Mapping[str, Any], needed: str, unused: str
) -> Mapping[str, Tensor]:
    """The tensors by the network's names; `ValueError` where they are not the network's.

    `needed` and `unused` are texts as `shapes_of` reads them. Those that an engine does not
    use, and the counters of batch norm, may be missing.
    """
    known, spare = shapes_of(needed), shapes_of(unused)
    means = [key for key in (*known, *spare) if key.endswith(".running_mean")]
    spare |= {key.replace("running_mean", "num_batches_tracked"): () for key in means}
    tensors = unwrapped(state_dict, {*known, *spare})
    differences = [f"{key} is missing" for key in known if key not in tensors]
    for key, tensor in tensors.items():
        size = known.get(key, spare.get(key))
        if size is None:
            differences.append(f"{key} is in no layer")
        elif tuple(tensor.shape) != size:
            found, wanted = shown(tensor.shape), shown(size)
            differences.append(f"{key} is {found}, not {wanted}")
        elif size and not tensor.is_floating_point():
            differences.append(f"{key} has the type {tensor.dtype}")
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


def unwrapped(state_dict: Mapping[str, Any], known: set[str]) -> dict[str, Tensor]:
    """The tensors without a wrapper's prefix; an error for what is no state_dict."""
    if not isinstance(state_dict, Mapping):
        advice = "pass model.state_dict()" if hasattr(state_dict, "state_dict") else ""
        given = f"expected a state_dict, got {type(state_dict).__name__}"
        raise TypeError(f"{given}: {advice}" if advice else given)
    inner = [key for key, value in state_dict.items() if isinstance(value, Mapping)]
    if inner:
        ways = " or ".join(f"checkpoint[{key!r}]" for key in inner[:LISTED])
        raise ValueError(f"this is a checkpoint, not a state_dict: pass {ways}")
    strange = [key for key, x in state_dict.items() if not isinstance(x, Tensor)]
    if strange:
        listed = ", ".join(map(str, strange[:LISTED]))
        raise ValueError(f"expected tensors only; no tensor: {listed}")
    found = dict(state_dict)
    while found and known.isdisjoint(found):
        wraps = [w for w in WRAPPERS if all(key.startswith(w) for key in found)]
        if not wraps:
            break
        found = {key.removeprefix(wraps[0]): x for key, x in found.items()}
    return found


def reason(tensors: Mapping[str, Tensor], known: Mapping[str, Any]) -> str:
    """What is likely to be wrong, and the next step."""
    present = [key for key in known if key in tensors]
    if not present:
        return "No name is the network's: are these the weights of another network?"
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


def shown(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size)) or "one number"
