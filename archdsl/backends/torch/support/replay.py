"""A network's operators as they ran on inputs of some size, to run them again on others."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary


class Recorder(TorchFunctionMode):
    """Writes down the operators that run within it, as Python that runs them again.

    What is computed from weights alone, as their packed form, is a constant. What Python
    does with sizes is done: inputs of another size need a recording of their own.
    """

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        super().__init__()
        self.names = WeakTensorKeyDictionary()  # of inputs and of what comes from them
        self.constants: dict[str, Any] = {}
        self.lines: list[tuple[str, set[str]]] = []  # each with the names in it
        self.count = 0
        self.inputs = [self.new(x) for x in inputs]

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        named = kwargs or {}
        result = func(*args, **named)
        given, found = tensors((args, *named.values())), tensors(result)
        read = {self.names[x] for x in given if x in self.names}
        if (read or not given) and (found or result is None):
            texts = [self.text(value) for value in args]
            texts += [f"{name}={self.text(value)}" for name, value in named.items()]
            call = f"{self.text(func)}({', '.join(texts)})"
            written = [self.new(x) for x in found]
            line = f"{self.text(result)} = {call}" if written else call
            self.lines.append((line, {*read, *written}))
        return result

    def new(self, x: Tensor) -> str:
        """A name for what is computed."""
        self.count += 1
        name = self.names[x] = f"x{self.count}"
        return name

    def text(self, value: Any) -> str:
        """How a value is written: by its name, or those of its parts."""
        if isinstance(value, Tensor) and value in self.names:
            return str(self.names[value])
        if isinstance(value, list | tuple) and tensors(value):
            parts = ", ".join(map(self.text, value))
            return f"[{parts}]" if isinstance(value, list) else f"({parts},)"
        name = f"constant{len(self.constants)}"
        self.constants[name] = value
        return name

    def function(self, result: Any) -> Callable[..., Any]:
        """What ran, of other inputs; a value is freed after the last line that reads it.

        A module's caller holds what it gave until it has the result. Here the next value is
        written to memory that is still in the cache, and no module is called.
        """
        needed = {self.names[x] for x in tensors(result) if x in self.names}
        lines = [f"return {self.text(result)}"]
        for line, names in reversed(self.lines):
            if last := names - needed:
                lines.append(f"del {', '.join(sorted(last))}")
            lines.append(line)
            needed |= names
        lines.append(f"def run({', '.join(self.inputs)}):")
        known = dict(self.constants)
        exec("\n    ".join(reversed(lines)), known)  # noqa: S102, its names are from here
        run: Callable[..., Any] = known["run"]
        return run


def tensors(value: Any) -> list[Tensor]:
    """The tensors in nested lists and tuples."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [x for part in value for x in tensors(part)]
    return []
