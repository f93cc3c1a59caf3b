"""Record the operators that a network runs on inputs of one size."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from archdsl.runtime.gpu.concat_in_place import concat_in_place
from archdsl.runtime.replay.operations import Name, Step, function_of, leaves


class Recorder(TorchFunctionMode):
    """Records the operators that run within it, as a Python function that runs them again.

    Values computed from weights alone, as their packed form, become constants, and so do
    sizes: inputs of another size need a recording of their own.
    """

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        super().__init__()
        self.names: Any = (
            WeakTensorKeyDictionary()
        )  # of inputs and what depends on them
        self.like: dict[Name, tuple[Any, ...]] = {}  # their shapes, types and devices
        self.steps: list[Step] = []
        self.inputs = [self.new(x) for x in inputs]

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        keywords = kwargs or {}
        result = func(*args, **keywords)
        given = leaves([args, *keywords.values()], Tensor)
        read = any(x in self.names for x in given)
        found = leaves(result, Tensor)
        if (read or not given) and (found or result is None):
            args = self.named(tuple(args))
            keywords = {key: self.named(value) for key, value in keywords.items()}
            for x in found:
                self.new(x)
            self.steps.append(Step(func, args, keywords, self.named(result)))
        return result

    def new(self, x: Tensor) -> Name:
        """Name a tensor; one that was changed in place keeps its name."""
        name: Name = self.names.setdefault(x, Name(f"x{len(self.like) + 1}"))
        self.like.setdefault(name, (x.shape, x.dtype, x.device))
        return name

    def named(self, value: Any) -> Any:
        """Replace the tensors in a value by their names."""
        if isinstance(value, Tensor):
            return self.names.get(value, value)
        if isinstance(value, list | tuple) and leaves(value, Tensor):
            parts = [self.named(part) for part in value]
            return parts if isinstance(value, list) else tuple(parts)
        return value

    def function(self, result: Any) -> Callable[..., Any]:
        """Return the recorded operators as a function of the inputs."""
        final = self.named(result)
        steps = concat_in_place(self.steps, self.like, final)
        return function_of(self.inputs, steps, final)
