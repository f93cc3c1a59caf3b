"""What a class should state about memory: worded for the author of an op."""

from __future__ import annotations

from collections.abc import Callable

from memory_meter import kept_storages
from probe import Probe
from torch import Tensor, nn

from archdsl.ops.storage import Saved


def saved_advice(made: Probe, run: Callable[..., Tensor], stated: Saved) -> str:
    """Which values autograd keeps of an op, and the lines that say so."""
    weights = [*run.parameters(), *run.buffers()] if isinstance(run, nn.Module) else []
    operands = [value.requires_grad_() * 1 for value in made.operands()]
    output, kept = kept_storages(lambda: run(*operands), weights)
    assert isinstance(output, Tensor)
    addresses = [value.untyped_storage()._cdata for value in operands]
    read = tuple(number for number, address in enumerate(addresses) if address in kept)
    own = output.untyped_storage()._cdata
    keeps_output = own in kept and own not in addresses
    found = Saved(read, keeps_output)
    more = [kept[address].nbytes() for address in kept if address not in (own, *addresses)]
    extra = f", and {sum(more):,} bytes beside them in float64" if more else ""
    return (
        f"autograd keeps operands {list(read)} of `{made.op.word}`"
        f"{' and its output' if keeps_output else ', not its output'}{extra};"
        f" `{type(made.op).__name__}.saved` states {stated}. Write in the class:\n"
        f"    keeps_output = {keeps_output}\n"
        "    def saved(self, inputs, output, in_place):\n"
        f"        return Saved({found.operands}, output={keeps_output}"
        f"{', extra=Buffer(…)' if more else ''})"
    )
