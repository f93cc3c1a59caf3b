"""The base class of engines: a network for inference, with the weights of a trained one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NoReturn, Self

import torch
from torch import Tensor, nn

from archdsl.runtime.batches import in_parts, keep_memory, noise, ordinary, placed
from archdsl.runtime.cpu.packed import Packed
from archdsl.runtime.hardware import warn_about_units
from archdsl.runtime.layers.layer import Layer, finite, plain_operators
from archdsl.runtime.replay.operations import leaves
from archdsl.runtime.replay.plans import Plans
from archdsl.runtime.weights.recipes import TrainedWeights
from archdsl.runtime.weights.state_dict import matched

# Bytes that a value may take on a CPU: a larger batch is computed a few images at a time,
# so that each layer finds in the cache what the layer before it wrote.
CACHE = 32 << 20


class Engine(nn.Module):
    """A network for inference only, with the weights of a trained one.

    Images may have any layout, type and device; inside they are in channels_last. Single
    precision is full precision: TF32 is off, also on a GPU. Images with other channels
    raise ValueError, and a wrong number of inputs TypeError.
    """

    sizes: ClassVar[
        tuple[tuple[int, ...], ...]
    ]  # the shapes of images, without the batch
    largest: ClassVar[int]  # numbers in the largest value of one image
    fixed: ClassVar[bool] = False  # whether images need the height and width of `sizes`
    tensors: ClassVar[str] = ""  # shapes of the trained network's tensors, by name
    unused: ClassVar[str] = ""  # those that only training uses
    # Modules whose names differ from the trained network's, and their names there.
    places: ClassVar[Mapping[str, str]] = {}

    device: torch.device
    dtype: torch.dtype
    exact: bool  # whether all weights are finite
    warm: bool  # whether there was a call
    plans: Plans

    @classmethod
    def from_state_dict(
        cls,
        state_dict: Mapping[str, Tensor],
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> Self:
        """Return the engine with a copy of the trained module's weights.

        Raise ValueError where a tensor differs from the module's by name or shape, and for
        a checkpoint that contains a state_dict; TypeError for other objects.
        """
        trained = TrainedWeights(
            matched(state_dict, cls.tensors, cls.unused), torch.device(device), dtype
        )
        warn_about_units(trained.device, dtype)
        with torch.device("meta"):
            engine = cls()
        engine.load(trained)
        return engine.eval()

    @torch.no_grad()
    def load(self, trained: TrainedWeights) -> None:
        """Compute all weights from those of the trained network."""
        self.reset(trained.device, trained.dtype)
        trained_at = {"": ""}
        for path, module in self.named_modules():
            outer, _, name = path.rpartition(".")
            beside = trained_at[outer]
            inside = self.places.get(path, f"{beside}.{name}" if beside else name)
            trained_at[path] = inside
            if isinstance(module, Layer):
                module.load(replace(trained, place=inside))
        own = {}
        for key in super().state_dict():  # of layers that are as they were
            path, _, name = key.rpartition(".")
            inside = replace(trained, place=trained_at[path])
            own[key] = trained.kept(inside[f".{name}"])
        super().load_state_dict(own, assign=True)
        self.exact = finite(self.numbers())

    def reset(self, device: torch.device, dtype: torch.dtype) -> None:
        """Set device and type; forget what was prepared for image sizes."""
        self.device, self.dtype = device, dtype
        self.warm = False
        self.plans = Plans(self)
        if device.type == "cpu":
            keep_memory()

    def numbers(self) -> Iterator[Tensor]:
        """Yield all weights; of bounds, which may be infinite, none."""
        for module in self.modules():
            own = {**vars(module), **module._parameters, **module._buffers}
            for name, value in own.items():
                tensor = value.weight if isinstance(value, Packed) else value
                if isinstance(tensor, Tensor) and name not in ("low", "high"):
                    yield tensor

    def __call__(self, *inputs: Tensor) -> Any:
        refuse_tracing(type(self).__name__)
        self.check(inputs)
        with torch.inference_mode():
            result = self.computed([placed(x, self.device, self.dtype) for x in inputs])
        return ordinary(result)

    def check(self, inputs: Sequence[Tensor]) -> None:
        """Raise TypeError or ValueError unless the network takes these images."""
        if len(inputs) != len(self.sizes):
            raise TypeError(f"expected {len(self.sizes)} inputs, got {len(inputs)}")
        for x, size in zip(inputs, self.sizes, strict=True):
            if x.dim() != 1 + len(size) or x.shape[1] != size[0]:
                given = f"a batch of {size}, of any height and width that fits"
                raise ValueError(f"expected {given}, got {tuple(x.shape)}")
            if self.fixed and x.shape[1:] != size:
                given = f"{'x'.join(map(str, size[1:]))} images: --input compiles for others"
                raise ValueError(f"compiled for {given}, got {tuple(x.shape)}")

    def computed(self, images: Sequence[Tensor]) -> Any:
        """Compute the result; where NaN or infinity may occur, by PyTorch's operators."""
        on_cpu = self.device.type == "cpu"
        if self.exact and not (on_cpu and not finite(images)):
            result = self.computed_fast(images)
            if not on_cpu or finite(leaves(result, Tensor)):
                return result
        with plain_operators():
            return self.in_batches(super().__call__, images)

    def computed_fast(self, images: Sequence[Tensor]) -> Any:
        """Compute the result by the fastest operators, prepared from the second call on."""
        compute = self.plans if self.warm else super().__call__
        result = self.in_batches(compute, images)
        if not self.warm:
            self.warm = True
            for module in self.modules():
                if isinstance(module, Layer):
                    module.use_fast_path()
        return result

    def in_batches(self, compute: Callable[..., Any], images: Sequence[Tensor]) -> Any:
        """Compute as many images at a time as the cache holds; all on a GPU."""
        if self.device.type == "cuda":
            cudnn = torch.backends.cudnn
            with cudnn.flags(enabled=True, benchmark=True, allow_tf32=False):
                return compute(*images)
        few = max(4, CACHE // (self.largest * self.dtype.itemsize))
        return in_parts(compute, -(-len(images[0]) // few), *images)

    def warmup(self, sizes: Iterable[Sequence[Any]]) -> None:
        """Prepare for batches of some shapes, such as `[(1, 3, 224, 224)]`.

        A network of several inputs takes a tuple of shapes in place of each. Afterwards the
        first batch of such a shape is as fast as later ones.
        """
        for size in sizes:
            shapes = [size] if isinstance(size[0], int) else size
            images = noise(shapes, self.device, self.dtype)
            for _ in range(2):
                self(*images)

    def capture(self, batch: int) -> Callable[..., Any]:
        """Return the engine for one batch size as a CUDA graph, which launches as one.

        A call copies its images in and returns outputs that the next call overwrites. An
        engine that is not on a GPU raises ValueError, and so do images of other sizes.
        """
        if self.device.type != "cuda":
            raise ValueError(
                f"capture needs an engine on a GPU, this is on {self.device}"
            )
        shapes = [(batch, *size) for size in self.sizes]
        inputs = noise(shapes, self.device, self.dtype)
        cuda: Any = torch.cuda
        with cuda.device(self.device):
            side = cuda.Stream()
            side.wait_stream(cuda.current_stream())
            with cuda.stream(side):
                for _ in range(3):
                    self(*inputs)
            cuda.current_stream().wait_stream(side)
            graph = cuda.CUDAGraph()
            with cuda.graph(graph):
                outputs = self(*inputs)

        def replay(*images: Tensor) -> Any:
            for place, image in zip(inputs, images, strict=True):
                if image.shape != place.shape:  # one image would become all
                    given = f"images of {tuple(place.shape)}"
                    raise ValueError(f"expected {given}, got {tuple(image.shape)}")
                place.copy_(image)
            graph.replay()
            return outputs

        return replay

    # ------------------------------------------------------------------ travel

    def __getstate__(self) -> dict[str, Any]:
        """Return the weights unpacked; what is prepared for this machine stays here."""
        layers = {
            path: module.weights()
            for path, module in self.named_modules()
            if isinstance(module, Layer)
        }
        kept = {
            name: value
            for name, value in vars(self).items()
            if not name.startswith("_") and name != "plans"
        }
        return {"layers": layers, "others": super().state_dict(), "kept": kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Rebuild the engine on the device that its weights are on, which may be another."""
        with torch.device("meta"):
            type(self).__init__(self)
        vars(self).update(state["kept"])
        self.restore(state["layers"], state["others"])

    @torch.no_grad()
    def restore(
        self,
        layers: Mapping[str, dict[str, Tensor | None]],
        others: Mapping[str, Tensor],
    ) -> None:
        """Take the weights that `__getstate__` returned."""
        found = [x for weights in layers.values() for x in weights.values()]
        tensors = [x for x in (*found, *others.values()) if x is not None]
        self.reset(tensors[0].device if tensors else self.device, self.dtype)
        for path, weights in layers.items():
            layer = self.get_submodule(path)
            assert isinstance(layer, Layer)
            layer.prepare(weights, self.device, self.dtype)
        super().load_state_dict(others, assign=True)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Move the weights to another device; refuse another type."""
        probe = fn(torch.empty(0, dtype=self.dtype, device=self.device))
        if probe.dtype != self.dtype:
            raise TypeError(
                f"the weights of {type(self).__name__} are folded for {self.dtype}: "
                f"use from_state_dict(state_dict, dtype={probe.dtype})"
            )
        if probe.device != self.device:
            state = self.__getstate__()
            layers = {
                path: {name: x if x is None else fn(x) for name, x in weights.items()}
                for path, weights in state["layers"].items()
            }
            self.restore(layers, {key: fn(x) for key, x in state["others"].items()})
        return self

    def state_dict(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: the layers have no tensors by the names of the trained network."""
        refuse_tracing(type(self).__name__)
        raise TypeError(
            f"{type(self).__name__} has folded weights: save the module's state_dict, "
            "or the whole engine by torch.save(engine, path)"
        )

    def load_state_dict(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: weights are folded when an engine is made."""
        raise TypeError(
            f"{type(self).__name__} folds its weights: "
            "use from_state_dict(state_dict) for an engine with others"
        )

    def extra_repr(self) -> str:
        images = ", ".join("x".join(map(str, size)) for size in self.sizes)
        place = f" in {self.dtype} on {self.device}" if hasattr(self, "plans") else ""
        return f"images of {images}{place}"


def refuse_tracing(name: str) -> None:
    """Raise RuntimeError where a call is traced, to be exported."""
    jit: Any = torch.jit
    exporting: Any = getattr(
        torch.compiler, "is_exporting", bool
    )  # PyTorch 2.6 has none
    onnx: Any = torch.onnx
    if jit.is_tracing() or exporting() or onnx.is_in_onnx_export():
        raise RuntimeError(
            f"{name} runs operators chosen for this machine, which cannot be exported: "
            "export the module that its weights come from"
        )
