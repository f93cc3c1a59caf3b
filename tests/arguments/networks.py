"""One network: its classes, and its factory, with other arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from archdsl import driver
from archdsl.backends.torch import emit
from archdsl.diagnostics import Source
from archdsl.elaboration.modules import Library
from tests.arguments.blocks import prove_blocks
from tests.arguments.factories import elaborated, prove_factory
from tests.arguments.probes import network_value
from tests.arguments.proof import Effort, Fault, Proof


def prove_classes(
    source: Source, library: Library, name: str, proof: Proof, effort: Effort
) -> None:
    """Build each class and function of a network's blocks with other arguments."""
    graph = elaborated(source, library, driver.Request(name))
    if graph is not None:
        network = network_value(source, library, name)
        with whole(name, proof):
            prove_blocks(network, graph, emit(graph), proof, effort)


def prove_settings(
    source: Source, library: Library, name: str, proof: Proof, effort: Effort
) -> None:
    """Give each of a network's numbers other values, by its factory and by `--set`."""
    graph = elaborated(source, library, driver.Request(name))
    if graph is not None:
        with whole(name, proof):
            prove_factory(source, library, graph, emit(graph), proof, effort)


@contextmanager
def whole(name: str, proof: Proof) -> Iterator[None]:
    """Count as a fault that a network cannot be compiled or built as it is."""
    try:
        yield
    except Exception as error:
        proof.faults.append(Fault(name, f"{name}()", f"raises {type(error).__name__}: {error}"))
