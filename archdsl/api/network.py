"""A loaded network: its facts, its graph, its pictures, its code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archdsl.analyses.facts import facts
from archdsl.api.errors import ArchError, as_text
from archdsl.api.settings import settings_of
from archdsl.api.tables import Table
from archdsl.deep_stack import deep
from archdsl.diagnostics import CannotRun, Diagnostic, Source
from archdsl.driver import Request
from archdsl.ir import Graph

if TYPE_CHECKING:
    import networkx as nx
    from torch import nn

    from archdsl.analyses.memory import Memory

TARGETS = ("module", "training", "inference")


@dataclass(frozen=True, eq=False)
class Network:
    """A network without mistakes.

    `broken` are the messages of `expect` lines that do not hold. `ir` is the compiler's own graph,
    for analyses of `archdsl.analyses`; it may change between versions.
    """

    ir: Graph
    source: Source
    request: Request
    broken: Sequence[Diagnostic] = ()

    @property
    def name(self) -> str:
        """The network's name."""
        return self.ir.name

    @cached_property
    def input(self) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
        """The dimensions of one image, channels first; by name if there are several inputs."""
        shapes = {self.ir.nodes[n].name: self.ir.nodes[n].shape for n in self.ir.inputs}
        return shapes if len(shapes) > 1 else next(iter(shapes.values()))

    @cached_property
    def output(self) -> tuple[int, ...] | tuple[tuple[int, ...], ...]:
        """The dimensions of the result for one image; of each result if there are several."""
        shapes = tuple(self.ir.nodes[n].shape for n in self.ir.outputs)
        return shapes if len(shapes) > 1 else shapes[0]

    @cached_property
    def params(self) -> int:
        """The number of learned parameters, those that only training reads included."""
        return int(self.fact("params"))

    @cached_property
    def macs(self) -> int:
        """The multiply-adds of one image, in convolutions and linear layers."""
        return int(self.fact("macs"))

    @cached_property
    def depth(self) -> int:
        """The largest number of weighted layers on a path from an input to an output."""
        return int(self.fact("depth"))

    @cached_property
    def rf(self) -> Any:
        """The receptive field of the last spatial value in pixels; None where nothing bounds it.

        One number where height and width agree, else (height, width).
        """
        from archdsl.analyses.receptive_field import last_spatial, receptive_fields
        from archdsl.api.graph import extent

        return extent(last_spatial(self.ir, receptive_fields(self.ir)), "size")

    def fact(self, name: str) -> Any:
        """Return a fact of the language's `expect`: "params", "conv1.out", "layer3.rf".

        Raises `ArchError` for an unknown one.
        """
        from archdsl.diagnostics import Rejected

        path, _, word = name.rpartition(".")
        try:
            value = self._facts(path, word)
        except Rejected as rejected:
            raise ArchError.of([rejected.diagnostic]) from None
        dims = getattr(value, "dims", None)
        return value if dims is None else tuple(dims)

    @cached_property
    def _facts(self) -> Any:
        return facts(self.ir)

    @cached_property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The network as a networkx graph of its ops, for algorithms and other tools.

        Nodes are the paths of `state_dict`, edges lead from operand to user, keyed by the
        operand's position. Every node has `op` (the language's word), `label`, `shape`, `params`,
        `macs`, `rf`, `stride` (as the attribute `rf` of the network) and `source`
        ("resnet.arch:12:5"). The graph has `name`, `inputs` and `outputs`, lists of nodes.
        """
        from archdsl.api.graph import as_networkx

        return as_networkx(self.ir)

    def summary(self, depth: int | None = None, *, by_kind: bool = False) -> Table:
        """Return layers, shapes, parameters and multiply-adds; `depth` limits the levels shown."""
        from archdsl.backends.report.html_table import sheet_html
        from archdsl.backends.report.summary import SummaryOptions, summarise
        from archdsl.backends.report.summary_formats import as_data, sheet
        from archdsl.backends.report.terminal_table import as_table

        with deep():
            summary = summarise(self.ir, SummaryOptions(depth, by_kind))
            return Table(as_table([summary]), sheet_html(sheet(summary)), as_data(summary))

    def memory(self, batch: int = 1, dtype: str = "fp32", optimizer: str = "momentum") -> Memory:
        """Return the memory for a batch in bytes: `inference`, `training` and their parts.

        `dtype` is one of fp32, bf16, fp16, fp64; `optimizer` one of sgd, momentum, nesterov,
        rmsprop, adagrad, adam, adamw. Raises `ArchError` for others.
        """
        from archdsl.analyses.memory import DTYPES, OPTIMIZERS, memory

        _one_of("dtype", dtype, DTYPES)
        _one_of("optimizer", optimizer, OPTIMIZERS)
        if batch < 1:
            raise ArchError(f"batch={batch}: write 1 or more")
        return memory(self.ir, (batch,), dtype, optimizer)[0]

    def render(
        self,
        level: str | None = None,
        *,
        format: str = "svg",
        expand: Sequence[str] = (),
        shapes: str = "changes",
        color_by: str | None = None,
    ) -> Picture:
        """Draw the network, as `archdsl render` does with the options of these names.

        Raises `ArchError` for unknown options and for a picture that would be too large.
        """
        from archdsl.backends.diagram import LEVELS, OVERLAYS, DiagramOptions, render
        from archdsl.backends.diagram.options import FORMATS, SHAPES

        _one_of("format", format, FORMATS)
        _one_of("shapes", shapes, SHAPES)
        if level is not None:
            _one_of("level", level, LEVELS)
        if color_by is not None:
            _one_of("color_by", color_by, [name for name in OVERLAYS if name != "time"])
        options = DiagramOptions(level, tuple(expand), shapes, color_by)
        try:
            with deep():
                return Picture(render(self.ir, format, options), format)
        except CannotRun as error:
            raise ArchError(str(error)) from None

    def code(self, target: str = "module", *, in_place: bool = True) -> str:
        """Return the text of the PyTorch file, as `archdsl compile` writes it.

        `target` is module, training (channels last) or inference (the engine, which imports
        `archdsl.runtime`). Without `in_place` no result overwrites an operand. Raises `ArchError`
        for another target.
        """
        from archdsl.analyses.axes import not_of_images
        from archdsl.backends.torch import emit, emit_engine

        _one_of("target", target, TARGETS)
        if target != "module" and (why := not_of_images(self.ir)):
            raise ArchError(f"target={target!r} is for images, and {why}")
        with deep():
            if target == "inference":
                from archdsl.inference.pipeline import optimised

                return emit_engine(optimised(self.ir))
            return emit(self.ir, channels_last=target == "training", in_place=in_place)

    def module(self, **parameters: Any) -> nn.Module:
        """Return the network as a live `torch.nn.Module` with new weights.

        Its classes are in a fresh Python module. `parameters` alter the network, as for `load`.
        """
        from archdsl.api.live_module import build

        chosen = self.variant(**parameters) if parameters else self
        return build(chosen.name, chosen.code())

    def variant(self, **parameters: Any) -> Network:
        """Return this network with other values of its parameters, as for `load`."""
        from archdsl.api.loading import networks
        from archdsl.diagnostics import Sink

        settings = {**self.request.settings, **settings_of(parameters)}
        request = replace(self.request, network=self.name, settings=settings)
        [found] = networks(self.source, request, Sink())
        return found

    def __str__(self) -> str:
        table = str(self.summary(1))
        return f"{table}\n\n{as_text(self.broken)}" if self.broken else table

    def __repr__(self) -> str:
        return f"<{self.name}: {self.params:,} parameters, {self.macs:,} multiply-adds>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """The picture and the summary as HTML, and the summary as text."""
        from html import escape

        broken = f"<pre>{escape(as_text(self.broken))}</pre>" if self.broken else ""
        page = f"{self.render()._repr_svg_()}{self.summary(1).html}{broken}"
        return {"text/html": page, "text/plain": str(self)}


@dataclass(frozen=True)
class Picture:
    """A picture of a network: its bytes in one of the formats of `archdsl render`."""

    data: bytes
    format: str

    def __str__(self) -> str:
        """The text of a picture in a text format. Raises `ArchError` for PNG and PDF."""
        if self.format in ("png", "pdf"):
            raise ArchError(f"a picture in {self.format} is no text: use .data or .save(path)")
        return self.data.decode()

    def __repr__(self) -> str:
        return f"<Picture in {self.format}, {len(self.data):,} bytes>"

    def save(self, path: str | Path) -> None:
        """Write the file."""
        Path(path).write_bytes(self.data)

    def _repr_svg_(self) -> str | None:
        return self.data.decode() if self.format == "svg" else None

    def _repr_png_(self) -> bytes | None:
        return self.data if self.format == "png" else None


def _one_of(name: str, value: str, known: Any) -> None:
    """Raise `ArchError` unless a value is a known word."""
    from archdsl.diagnostics.suggest import did_you_mean, listing

    if value not in known:
        hint = did_you_mean(str(value), known, f"there are {listing(known)}")
        raise ArchError(f"{name}={value!r}: {hint}")
