"""The numbers of an engine's class that the author has names for."""

from __future__ import annotations

from archdsl.backends.torch.outline import Module
from archdsl.backends.torch.parameters import MISSING, Source, plain_argument
from archdsl.reserved import allowed, free_name


def sources_of(instances: list[Module]) -> list[Source]:
    """The numbers that an author has names for: channels that flow in, arguments of the block."""
    if len(instances) == 1:
        return []
    found: list[Source] = []
    scopes = [module.scope for module in instances]
    for name in scopes[0].arguments:
        column = [plain_argument(scope.arguments.get(name)) for scope in scopes]
        if None not in column:
            default = plain_argument(scopes[0].defaults.get(name))
            found.append(Source(allowed(name), column, MISSING if default is None else default))
    channels = [_channels(module) for module in instances]
    if None not in channels:
        name = free_name("in_channels", {source.name for source in found})
        found.insert(0, Source(name, channels, flows=True))
    return [source for source in found if len({repr(value) for value in source.column}) > 1]


def _channels(module: Module) -> int | None:
    for part in module.parts:
        if part.node is not None and module.inputs and part.inputs[:1] == module.inputs[:1]:
            return part.in_channels
        if part.child is not None and module.inputs and part.inputs[:1] == module.inputs[:1]:
            inner = _channels(part.child)
            if inner is not None:
                return inner
    return None
