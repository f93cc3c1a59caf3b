"""Generated code as a live Python module."""

from __future__ import annotations

import linecache
import sys
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

_numbers = count(1)


def build(network: str, code: str) -> nn.Module:
    """Run the code of a network in a fresh module object, and build the network.

    `inspect.getsource`, tracebacks and `torch.jit.script` find the code; copies and pickles of the
    network work in this process.
    """
    name = f"archdsl_{network}_{next(_numbers)}"
    module = ModuleType(name)
    module.__file__ = f"<{name}>"
    linecache.cache[module.__file__] = (len(code), None, code.splitlines(True), module.__file__)
    sys.modules[name] = module
    exec(compile(code, module.__file__, "exec"), module.__dict__)  # the compiler's own text
    built: nn.Module = getattr(module, network)()
    return built
