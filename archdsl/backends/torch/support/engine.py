"""The engine itself: it loads trained weights, and computes batch by batch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, Self

import torch
from archdsl.backends.torch.support.choice import fastest
from archdsl.backends.torch.support.operators import (
    Packed,
    finite,
    onednn_takes,
    plain_operators,
)
from archdsl.backends.torch.support.replay import Recorder
from archdsl.backends.torch.support.script import Script
from archdsl.backends.torch.support.state_dict import matched
from archdsl.backends.torch.support.steps import leaves
from archdsl.backends.torch.support.weights import Trained
from torch import Tensor, nn

# Bytes that a value may take on a CPU: more images than fit are computed a few at a time, so
# that a layer finds in the cache what the one before it wrote.
CACHE = 32 << 20
# Sizes of images for which an engine remembers the operators that it runs.
SIZES = 8
# Seconds that some images take for which setting operators up counts: TorchScript may gain.
BRIEF = 0.2
# In how many parts of one size images may be computed for each of them to be brief.
PARTS = (1, 2, 4)


def keep_memory() -> None:
    """Has the allocator keep freed memory for the next value instead of returning it.

    glibc returns it, and pays for every page when it takes it again, until it has seen a block
    of nearly 32 MiB come and go; then it keeps twice as much.
    """
    torch.empty(31 << 20, dtype=torch.uint8)


def in_parts(compute: Callable[..., Any], count: int, *images: Tensor) -> Any:
    """What a network computes, of images in so many parts, as even as can be."""
    if count < 2:
        return compute(*images)
    slices = [torch.tensor_split(x, count) for x in images]
    results = [compute(*part) for part in zip(*slices, strict=True)]
    if isinstance(results[0], Tensor):
        return torch.cat(results)
    return tuple(map(torch.cat, zip(*results, strict=True)))


class Engine(nn.Module):
    """A network for inference only, with the weights of a trained one.

    Images may come in any layout, type and device; inside they are in channels_last. Single
    precision is full precision: TF32 is off, also on a GPU. `ValueError` for other channels
    than the network has, `TypeError` for fewer or more inputs.
    """

    sizes: tuple[tuple[int, ...], ...]  # of the inputs, without the batch
    fixed = False  # whether images of other heights and widths are refused
    largest: int  # numbers in its largest value, without the batch
    places: Mapping[str, str] = {}  # modules that the trained network has elsewhere
    tensors = ""  # patterns of their names and shapes, in the trained network
    unused = ""  # those that only training needs
    device: torch.device
    dtype: torch.dtype
    exact: bool  # whether its weights are finite
    settled: bool  # whether there was a call
    scripts: int  # how many sizes TorchScript was compiled for
    replays: dict[tuple[torch.Size, ...], Callable[..., Any]]

    @classmethod
    def from_state_dict(
        cls,
        state_dict: Mapping[str, Tensor],
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> Self:
        """The engine with a copy of the weights of the trainable module's state_dict.

        `ValueError` where its tensors are not the module's, by name and shape, and for a
        checkpoint that holds one; `TypeError` for what is no mapping.
        """
        tensors = matched(state_dict, cls.tensors, cls.unused)
        with torch.device("meta"):
            engine = cls()
        engine.device, engine.dtype = torch.device(device), dtype
        if engine.device.type == "cpu":
            keep_memory()
        engine.load(Trained(tensors, engine.device, dtype))
        return engine.eval()

    @torch.inference_mode()
    def load(self, trained: Trained) -> None:
        self.settled = False
        self.scripts = 0
        self.replays = {}
        trained_at = {"": ""}
        for path, module in self.named_modules():
            outer, _, name = path.rpartition(".")
            beside = trained_at[outer]
            inside = self.places.get(path, f"{beside}.{name}" if beside else name)
            trained_at[path] = inside
            if path and hasattr(module, "load"):
                module.load(replace(trained, place=inside))
        own = {}
        for key in self.state_dict():  # layers that are as they were
            path, _, name = key.rpartition(".")
            inside = replace(trained, place=trained_at[path])
            own[key] = trained.kept(inside[f".{name}"])
        self.load_state_dict(own, assign=True)
        self.exact = finite(self.numbers())

    def numbers(self) -> Iterator[Tensor]:
        """What layers multiply by and add; the bounds of a `Threshold` may be infinite."""
        for module in self.modules():
            own = {**vars(module), **module._parameters, **module._buffers}
            for name, value in own.items():
                tensor = value.weight if isinstance(value, Packed) else value
                if isinstance(tensor, Tensor) and name not in ("low", "high"):
                    yield tensor

    @torch.inference_mode()
    def __call__(self, *inputs: Tensor) -> Any:
        if len(inputs) != len(self.sizes):
            raise TypeError(f"expected {len(self.sizes)} inputs, got {len(inputs)}")
        for x, size in zip(inputs, self.sizes, strict=True):
            if x.dim() != 1 + len(size) or x.shape[1] != size[0]:
                given = f"a batch of {size}, of any height and width that fits"
                raise ValueError(f"expected {given}, got {tuple(x.shape)}")
            if self.fixed and x.shape[1:] != size:
                given = f"{'x'.join(map(str, size[1:]))} images: --input compiles for others"
                raise ValueError(f"compiled for {given}, got {tuple(x.shape)}")
        images = [self.placed(x) for x in inputs]
        if not self.exact or (self.device.type == "cpu" and not finite(images)):
            return self.computed_plainly(images)
        result = self.computed(images)
        if self.device.type == "cpu" and not finite(leaves(result, Tensor)):
            return self.computed_plainly(images)
        return result

    def computed_plainly(self, images: Sequence[Tensor]) -> Any:
        """The result where numbers are NaN or infinite: by PyTorch's operators alone."""
        with plain_operators():
            return self.in_batches(super().__call__, images)

    def computed(self, images: Sequence[Tensor]) -> Any:
        """The result by the fastest operators, which are chosen from the second call on."""
        compute = self.replayed if self.settled else super().__call__
        result = self.in_batches(compute, images)
        if not self.settled:
            self.settle()
        return result

    def in_batches(self, compute: Callable[..., Any], images: Sequence[Tensor]) -> Any:
        """The result of as many images at a time as the cache holds; all on a GPU."""
        if self.device.type == "cuda":
            cudnn = torch.backends.cudnn
            with cudnn.flags(enabled=True, benchmark=True, allow_tf32=False):
                return compute(*images)
        few = max(4, CACHE // (self.largest * self.dtype.itemsize))
        return in_parts(compute, -(-len(images[0]) // few), *images)

    def settle(self) -> None:
        """Tells the layers that a call is over, and that the next ones may be faster."""
        self.settled = True
        for path, module in self.named_modules():
            if path and hasattr(module, "settle"):
                module.settle()

    def replayed(self, *images: Tensor) -> Any:
        """The network's result; its modules are called for the first images of a size."""
        size = tuple(x.shape for x in images)
        if size not in self.replays:
            if len(self.replays) == SIZES:
                del self.replays[next(iter(self.replays))]
            self.replays[size] = self.recorded(*images)
        return self.replays[size](*images)

    def recorded(self, *images: Tensor) -> Callable[..., Any]:
        """What computes the network for images of a size: its operators, or TorchScript."""
        start = perf_counter()
        with Recorder(images) as recorder:
            result = super().__call__(*images)
        seconds = perf_counter() - start
        operators: Callable[..., Any] = recorder.function(result)
        counts = [n for n in PARTS if seconds / n < BRIEF and len(images[0]) % n == 0]
        possible = isinstance(result, Tensor) and onednn_takes(self.device, self.dtype)
        if not (counts and possible) or self.scripts == SIZES:
            return operators
        self.scripts += 1
        # Not on the images: they may be no numbers.
        noise = torch.Generator()
        trial = [self.placed(torch.randn(x.shape, generator=noise)) for x in images]
        script = partial(in_parts, Script(self), counts[0])
        return fastest((operators, script), *trial)

    def placed(self, x: Tensor) -> Tensor:
        """An input as the layers take it."""
        x = x.detach().to(self.device, self.dtype)
        rows = x.permute(0, 2, 3, 1) if x.dim() == 4 else x
        rows = rows.contiguous()
        # A batch of one image may have any stride, and TorchScript was compiled for one.
        rows = rows.flatten().view(rows.shape)
        return rows.permute(0, 3, 1, 2) if x.dim() == 4 else rows

    def capture(self, batch: int) -> Callable[..., Any]:
        """The engine for one batch size as a CUDA graph, which launches as one.

        A call copies its images in and returns outputs that the next call overwrites.
        `ValueError` where the engine is not on a GPU, and for images of other sizes.
        """
        if self.device.type != "cuda":
            raise ValueError(
                f"capture needs an engine on a GPU, this is on {self.device}"
            )
        inputs = [self.placed(torch.randn(batch, *size)) for size in self.sizes]
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
