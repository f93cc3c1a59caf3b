"""The origin of a generated file: its sources and the command that writes it."""

from __future__ import annotations

import os
import shlex
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from archdsl.backends.head import Origin
from archdsl.diagnostics import Source
from archdsl.files import STDIN, shipped_networks


@dataclass(frozen=True)
class Origins:
    """The origins of the files that one `compile` makes from one source.

    `sources` are the .arch file and its imports, in the order of reading.
    """

    sources: Sequence[Source]
    options: Namespace

    def of(self, network: str, *own: str) -> Origin:
        """The origin of a network's file; `own` are options that change the text of this file.

        It depends neither on the folder of the source nor on that of the output.
        """
        names = [PurePath(source.name).name for source in self._each_once]
        words = ["archdsl", "compile", *self._file(network, names[0]), *self._shared(), *own]
        return Origin(names, self._digest, shlex.join(words))

    def _file(self, network: str, name: str) -> list[str]:
        """A shipped network's name, which is enough; else the source's name and the network's."""
        if network in self._shipped:
            return [network]
        argument = f"./{name}" if name.startswith("-") else name
        return ["-" if name == STDIN else argument, "--network", network]

    def _shared(self) -> Iterator[str]:
        """The options that change the text of every file."""
        for text in self.options.settings:
            yield from ("--set", text)
        for text in self.options.inputs:
            yield from ("--input", text)
        for path in self.options.plugins:
            yield from ("--plugin", path.name)
        if not self.options.expect:
            yield "--no-expect"

    @cached_property
    def _each_once(self) -> list[Source]:
        return list({source.name: source for source in self.sources}.values())

    @cached_property
    def _digest(self) -> str:
        from hashlib import sha256

        return sha256(b"".join(source.data for source in self._each_once)).hexdigest()

    @cached_property
    def _shipped(self) -> set[str]:
        """The networks that the library has from this source."""
        name = self.sources[0].name
        if not os.path.exists(name):
            return set()
        library = shipped_networks()
        files = {path for path in {*library.values()} if os.path.samefile(name, path)}
        return {network for network, path in library.items() if path in files}
