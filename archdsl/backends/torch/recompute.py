"""Dense blocks that keep only what convolutions make; backward computes the rest again.

    x = torch.cat(features, 1)
    x = self.relu(self.norm(x))    ⇒    recomputed([self.norm, self.relu, self.conv], *features)
    x = self.conv(x)

Source: Pleiss et al. 2017, arXiv:1707.06990, "Memory-efficient implementation of DenseNets".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from archdsl.backends.torch.outline import Module, Part

DENSE_FORWARD = (
    "    def forward(self, x: Tensor) -> Tensor:",
    "        features = [x]",
    "        for layer in self:",
    "            features.append(layer(*features))",
    "        return torch.cat(features, 1)",
)
CALLABLE = "from collections.abc import Callable, Sequence"
ONCE = "from torch.autograd.function import once_differentiable"

SUPPORT = '''
class Recomputed(torch.autograd.Function):
    """A convolution, before which backward computes again what led to it."""

    @staticmethod
    def forward(ctx: Any, layers: list[Any], count: int, *tensors: Tensor) -> Tensor:
        ctx.layers, ctx.count = layers, count
        ctx.save_for_backward(*tensors)
        device = tensors[0].device.type
        casts = torch.is_autocast_enabled(device)
        ctx.cast = device, torch.get_autocast_dtype(device), casts
        return Recomputed.run(layers, tensors[:count])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        *before, conv = ctx.layers
        saved, needed = ctx.saved_tensors, ctx.needs_input_grad[2:]
        features = [x.detach().requires_grad_() for x in saved[: ctx.count]]
        with torch.enable_grad(), torch.autocast(*ctx.cast):
            x = Recomputed.together(features)
            for layer in before:
                x = Recomputed.again(layer, x)
        tensors = [*features, *Recomputed.parameters(before)]
        inner, outer = needed[: len(tensors)], needed[len(tensors) :]
        of_x, *found = Recomputed.gradients(conv, x.detach(), grad, outer)
        wanted = [tensor for tensor, want in zip(tensors, inner) if want]
        grads = iter(torch.autograd.grad(x, wanted, of_x.to(x.dtype)) if wanted else ())
        return None, None, *(next(grads) if want else None for want in inner), *found

    @staticmethod
    def parameters(layers: list[Any]) -> list[nn.Parameter]:
        modules = [layer for layer in layers if isinstance(layer, nn.Module)]
        return [parameter for module in modules for parameter in module.parameters()]

    @staticmethod
    def run(layers: list[Any], features: Sequence[Tensor]) -> Tensor:
        x = Recomputed.together(features)
        for layer in layers:
            x = layer(x)
        return x

    @staticmethod
    def together(features: Sequence[Tensor]) -> Tensor:
        return torch.cat(features, 1) if len(features) > 1 else features[0]

    @staticmethod
    def again(layer: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        """A layer on what its running statistics have counted already."""
        if not isinstance(layer, nn.Module):
            return layer(x)
        statistics = {name: buffer.clone() for name, buffer in layer.named_buffers()}
        return torch.func.functional_call(layer, statistics, x)

    @staticmethod
    def gradients(
        conv: nn.Conv2d, x: Tensor, grad: Tensor, wanted: Sequence[bool]
    ) -> tuple[Tensor, ...]:
        """Those of a convolution's input, of its weight, and of its bias if it has one."""
        x, weight = x.to(grad.dtype), conv.weight.to(grad.dtype)  # as autocast has them
        bias = None if conv.bias is None else conv.bias.shape
        window = conv.stride, conv.padding, conv.dilation, False, (0, 0), conv.groups
        mask = (True, *wanted, False)[:3]
        found = torch.ops.aten.convolution_backward(
            grad, x, weight, bias, *window, mask
        )
        return found[: 1 + len(wanted)]


def recomputed(layers: list[Callable[[Tensor], Tensor]], *features: Tensor) -> Tensor:
    """Layers, the last a convolution, on features side by side; only these are kept.

    Graphs record the layers alone: what backward keeps is the choice of their compiler.
    """
    recorded = torch.jit.is_tracing() or torch.compiler.is_compiling()
    recorded = recorded or isinstance(features[0], torch.fx.Proxy)
    if recorded or not torch.is_grad_enabled():
        return Recomputed.run(layers, features)
    parameters = Recomputed.parameters(layers)
    return Recomputed.apply(layers, len(features), *features, *parameters)
'''


def with_recomputation(module: Module, dense: bool = False) -> Module:
    """A copy of a tree of modules: those inside dense blocks name what they compute again.

    `dense` is whether the module itself is inside one.
    """
    inner = dense or module.scope.kind == "dense"
    children = {part: with_recomputation(part.child, inner) for part in module.parts if part.child}
    parts = [
        replace(part, child=children[part]) if part in children else part for part in module.parts
    ]
    module = replace(module, parts=parts)
    return _recomputing(module) if dense else module


def _recomputing(module: Module) -> Module:
    """The module with what it computes again, and whether it takes its input in pieces."""
    again = _recomputed(module)
    heads = {(*before, place)[0] for place, before in again.items()}
    gathers = len(module.inputs) == 1 and all(
        place in heads or (part.child is not None and part.child.gathers)
        for place, part in enumerate(module.parts)
        if module.inputs[0] in part.inputs
    )
    again = {place: before for place, before in again.items() if before or gathers}
    return replace(module, again=again, gathers=gathers)


def _recomputed(module: Module) -> dict[int, tuple[int, ...]]:
    """The convolutions of a module, and what can be computed again before each.

    That is a norm, an activation after it, or nothing but the concatenation that it reads.
    """
    parts, found = module.parts, {}
    uses = Counter(number for part in parts for number in part.inputs)
    uses.update(module.outputs)
    makers = {number: place for place, part in enumerate(parts) for number in part.outputs}
    for place, part in enumerate(parts):
        if not _is_convolution(part):
            continue
        before: tuple[int, ...] = ()
        (number,) = part.inputs
        for kind in ("activation", "norm"):
            maker = makers.get(number)
            if maker is not None and uses[number] == 1 and _is(kind, parts[maker]):
                before = (maker, *before)
                (number,) = parts[maker].inputs
        if number in module.inputs or (before and _is("norm", parts[before[0]])):
            found[place] = before
    return found


def _is_convolution(part: Part) -> bool:
    return part.form.module is not None and part.form.module.function == "nn.Conv2d"


def _is(kind: str, part: Part) -> bool:
    return part.node is not None and part.node.op.kind == kind
