"""Generated files as modules whose classes and functions record the arguments they are given."""

from __future__ import annotations

import functools
import inspect
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import nn

from archdsl.ir import Graph, Scope

Maker = Callable[..., nn.Module]
_numbers = itertools.count()


@dataclass(frozen=True)
class Instance:
    """A block of a network, and the call of the generated file that makes its module."""

    scope: Scope
    maker: Maker
    arguments: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.maker.__name__


def load(text: str) -> ModuleType:
    """A generated file, of which every class and function records its calls."""
    name = f"generated_{next(_numbers)}"
    module = ModuleType(name)
    sys.modules[name] = module
    try:
        exec(compile(text, f"{name}.py", "exec", dont_inherit=True), module.__dict__)
    finally:
        del sys.modules[name]
    for key, value in list(module.__dict__.items()):
        if getattr(value, "__module__", None) != name:
            continue
        if inspect.isclass(value) and issubclass(value, nn.Module):
            _record_constructor(value)
        elif inspect.isfunction(value):
            module.__dict__[key] = _recording(value)
    return module


def _record_constructor(made: type[nn.Module]) -> None:
    init = made.__init__
    if "__init__" not in vars(made):
        return

    @functools.wraps(init)
    def recording(self: nn.Module, *args: Any, **keywords: Any) -> None:
        init(self, *args, **keywords)
        if type(self) is made:
            _remember(self, made, init, (self, *args), keywords)

    made.__init__ = recording  # type: ignore[method-assign]


def _recording(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def recording(*args: Any, **keywords: Any) -> Any:
        made = function(*args, **keywords)
        if isinstance(made, nn.Module):
            _remember(made, recording, function, args, keywords)
        return made

    return recording


def _remember(
    made: nn.Module, maker: Maker, signed: Any, args: tuple[Any, ...], keywords: Mapping[str, Any]
) -> None:
    bound = inspect.signature(signed).bind(*args, **keywords)
    bound.apply_defaults()
    given = {name: value for name, value in bound.arguments.items() if name != "self"}
    made.__dict__.setdefault("made_by", {})[maker] = given


def parameters(maker: Maker) -> dict[str, inspect.Parameter]:
    """What a maker takes."""
    signed = maker.__init__ if inspect.isclass(maker) else maker
    found = inspect.signature(signed).parameters
    return {name: each for name, each in found.items() if name != "self"}


def source_of(maker: Maker, text: str) -> str:
    """The lines of a class or function in the file's text."""
    lines = text.splitlines()
    heads = [i for i, line in enumerate(lines) if line.startswith(f"class {maker.__name__}(")]
    heads += [i for i, line in enumerate(lines) if line.startswith(f"def {maker.__name__}(")]
    start = heads[0]
    end = start + 1
    while end < len(lines) and not lines[end][:1].strip():
        end += 1
    return "\n".join(lines[start:end])


def blocks_of(graph: Graph, module: ModuleType) -> list[Instance]:
    """The blocks of a network that its generated file has a class or function for."""
    with torch.device("meta"):
        network = getattr(module, graph.name)()
    found = []
    for scope in _scopes(graph.root):
        made = _at(network, scope.path)
        if scope.kind != "block" or made is None:
            continue
        calls: Mapping[Maker, Mapping[str, Any]] = made.__dict__.get("made_by", {})
        functions = [maker for maker in calls if not inspect.isclass(maker)]
        for maker in functions or calls:
            found.append(Instance(scope, maker, calls[maker]))
    return found


def _scopes(scope: Scope) -> Iterator[Scope]:
    for item in scope.items:
        if isinstance(item, Scope):
            yield item
            yield from _scopes(item)


def _at(network: nn.Module, path: str) -> nn.Module | None:
    try:
        return network.get_submodule(path)
    except AttributeError:
        return None
