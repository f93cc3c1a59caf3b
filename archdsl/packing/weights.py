"""Files of weights: `.safetensors`, and `torch.save`'s `.pt` and `.pth`."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import torch
from torch import Tensor

State = Mapping[str, Tensor]
SUFFIXES = (".safetensors", ".pt", ".pth")


def read(path: Path) -> State:
    """Return the state_dict in a file, on the CPU; nothing in it is executed.

    Raises OSError, ValueError where it is no state_dict, and ModuleNotFoundError without
    safetensors.
    """
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            return load(path.read_bytes())
        except SafetensorError as error:
            raise ValueError(f"it is no file of safetensors: {error}") from None
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception:  # what its unpickler raises for bytes that are none of its own
        raise ValueError("torch.load finds no weights in it (with weights_only=True)") from None
    if not isinstance(found, Mapping) or not all(isinstance(t, Tensor) for t in found.values()):
        raise ValueError("it is no state_dict: save `model.state_dict()`")
    return dict(found)


def content(state: State, suffix: str) -> bytes:
    """Return the content of a file with one of the suffixes."""
    if suffix == ".safetensors":
        from safetensors.torch import save

        return bytes(save({name: tensor.contiguous() for name, tensor in state.items()}))
    file = BytesIO()
    torch.save(dict(state), file)
    return file.getvalue()
