"""A network's operators as they ran on inputs of some size, to run them again on others."""

from collections.abc import Callable, Sequence
from typing import Any

from archdsl.backends.torch.support.steps import Name, Step, function_of, leaves
from archdsl.backends.torch.support.together import together
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
        # Of inputs and of what comes from them.
        self.names: Any = WeakTensorKeyDictionary()
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
        """A name for what is computed; what is changed in place keeps its own."""
        name: Name = self.names.setdefault(x, Name(f"x{len(self.like) + 1}"))
        self.like.setdefault(name, (x.shape, x.dtype, x.device))
        return name

    def named(self, value: Any) -> Any:
        """A value with names in place of tensors."""
        if isinstance(value, Tensor):
            return self.names.get(value, value)
        if isinstance(value, list | tuple) and leaves(value, Tensor):
            parts = [self.named(part) for part in value]
            return parts if isinstance(value, list) else tuple(parts)
        return value

    def function(self, result: Any) -> Callable[..., Any]:
        """What ran, of other inputs."""
        final = self.named(result)
        steps = together(self.steps, self.like, final)
        return function_of(self.inputs, steps, final)
