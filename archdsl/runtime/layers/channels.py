"""Slices of channels, and dense blocks, whose layers add channels to one value."""

import torch
from torch import Tensor, nn
from torch.overrides import handle_torch_function, has_torch_function


def densely(layers: list[nn.Module], x: Tensor) -> Tensor:
    """Compute a dense block: layers read and extend one value, and copy no concatenation."""
    new = layers[0](x)
    count, growth = x.shape[1], new.shape[1]
    shape = (len(x), count + growth * len(layers), *x.shape[2:])
    values = torch.empty(
        shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last
    )
    put(values, 0, x)
    for layer in layers[1:]:
        put(values, count, new)
        count += growth
        new = layer(values[:, :count])
    put(values, count, new)
    return values


def put(values: Tensor, start: int, part: Tensor) -> None:
    """Write channels that nothing has read yet, and nothing else writes."""
    if has_torch_function((values,)):  # a recorder sees one operator
        handle_torch_function(put, (values,), values, start, part)
    else:
        values[:, start : start + part.shape[1]] = part


class Channels(nn.Module):
    """The channels from `start` up to `stop`."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.start = start
        self.stop = stop

    def forward(self, x: Tensor) -> Tensor:
        return x.narrow(1, self.start, self.stop - self.start)

    def extra_repr(self) -> str:
        return f"{self.start} to {self.stop}"
