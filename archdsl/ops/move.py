"""Transfer of a value to another device, which `compile --devices` inserts."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.ops.base import Op, Shape
from archdsl.ops.torch_form import Arg, Call, Code, TorchForm
from archdsl.ops.traits import SavesNothing


@dataclass(frozen=True)
class Move(SavesNothing, Op):
    """The same value on the device of that number."""

    word = "move"
    kind = "shape"
    views = True  # on the same device it is the value itself

    device: int

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        device = Arg("device", Code(f"self.devices[{self.device}]"))
        return TorchForm(function=Call(".to", (device,)))
