"""PyTorch code from a graph: one standalone file a network."""

from __future__ import annotations

from functools import cache
from typing import Any

from archdsl.backends.head import Origin
from archdsl.backends.torch.devices import Devices
from archdsl.backends.torch.engine import engine_view
from archdsl.backends.torch.view import view
from archdsl.ir import Graph

__all__ = ["Devices", "emit", "emit_engine"]


def emit(
    graph: Graph,
    origin: Origin | None = None,
    devices: Devices | None = None,
    recompute: bool = False,
    channels_last: bool = False,
    in_place: bool = True,
) -> str:
    """The text of a Python file that imports only torch.

    It has a class for each distinct block, the network's class, and a factory with the network's
    name. `origin` is for the head of the file; `devices` says what is to live where;
    `recompute` makes dense blocks keep only what their convolutions make; `channels_last`
    has the network compute in that layout, whatever that of its images. Without `in_place` no
    result overwrites an operand, as hooks and attribution methods need it.
    """
    file = view(graph, origin, devices, recompute, channels_last, in_place)
    return str(_template("network.py.j2").render(file=file))


def emit_engine(graph: Graph, origin: Origin | None = None, standalone: bool = False) -> str:
    """Return the text of an inference engine, for a graph that passes rewrote.

    It has a class for each distinct block and the engine's, `Resnet50Inference`, whose
    `from_state_dict` loads the state_dict of the module that `emit` writes. It imports torch
    and `archdsl.runtime`; a standalone one contains what it uses of the runtime.
    """
    file = engine_view(graph, origin, standalone)
    return str(_template("engine.py.j2").render(file=file))


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from archdsl.resources import PACKAGE

    loader = FileSystemLoader(PACKAGE / "backends" / "torch" / "templates")
    environment = Environment(
        loader=loader,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # the view has made every text safe for Python
    )
    return environment.get_template(name)
