"""Stochastic depth: a path that training leaves out at random."""

from __future__ import annotations

from dataclasses import dataclass, field

from archdsl.diagnostics import Rejected, argument_errors
from archdsl.ops import values
from archdsl.ops.base import IMAGE, Example, Op, Shape, attribute
from archdsl.ops.coins import COINS
from archdsl.ops.notation import rated
from archdsl.ops.storage import Buffer, Saved
from archdsl.ops.torch_form import Arg, TorchForm, call
from archdsl.records import record

RAMP = values.choice("constant", "linear")
MODE = values.choice("batch", "sample")
SCALE = values.choice("test", "train")

HEAD = '''
class {name}(Coins):
    """Stochastic depth (Huang et al. 2016).

    Training leaves out the path with the probability `p * index / count`, {mode};
    {scale}.
    """

    def __init__(self, p: float, index: int = 1, count: int = 1{axes}) -> None:
        super().__init__()
        self.p = p * index / count
'''

MASK = '''
    def mask(self, x: Tensor, size: list[int]) -> Tensor:
        """Toss coins by operations that a graph repeats, and mask by them."""
        kept = x.new_empty(size, dtype=torch.float32).uniform_() >= self.p
        value = {trained}
        if self.recorded(x):
            evaluates = self.evaluates(x)
            value = torch.where(evaluates, {evaluated}, value)
            kept = evaluates | kept
        return torch.where(kept, value, 0.0)
'''

BATCH = '''
    def kept(self, x: Tensor) -> bool:
        """Whether to run the path in a forward that computes on `x`."""
        if not self.training or self.masks(x):
            return True
        return float(torch.rand((), generator=self.generator, device="cpu")) >= self.p

    def scaled(self, x: Tensor) -> Tensor:
        """Scale or mask the value of a path that ran."""
        if self.training and self.masks(x):
            return self.mask(x, [])
        return {scaled}

    def forward(self, x: Tensor) -> Tensor:
        return self.scaled(x) if self.kept(x) else torch.zeros_like(x)
'''

SAMPLE = """        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            return self.mask(x, [x.size(0)] + [1] * self.axes)
        return {evaluated}
"""

MODES = {"batch": ("for the whole mini-batch", BATCH), "sample": ("for each image", SAMPLE)}


@record
class Scale:
    """The rule that scales a kept path: in words, and as a factor for training and evaluation."""

    words: str
    evaluated: str
    trained: str

    @property
    def scaled(self) -> str:
        if self.trained == "x":
            return f"x if self.training else {self.evaluated}"
        return f"{self.trained} if self.training else x"


SCALES = {
    "test": Scale("evaluation multiplies it by 1 - p", "x * (1 - self.p)", "x"),
    "train": Scale("training divides it by 1 - p", "x", "x / (1 - self.p)"),
}


@dataclass(frozen=True, eq=False, repr=False)
class DropPath(Op):
    """Stochastic depth (Huang et al. 2016, arXiv:1603.09382): training skips the path before it.

    With `ramp=linear` the l-th of a network's L drop paths has the rate p·l/L (equation 4). As in
    the paper one coin is thrown for a mini-batch and evaluation multiplies by 1 - p; `mode=sample`
    throws one for each image, `scale=train` divides by 1 - p in training instead.
    """

    word = "drop_path"
    keeps_output = False
    affine_map = keeps_sign = True
    kind = "regularisation"
    views = True
    runs = "pointwise"  # evaluation may multiply by 1 - p
    examples = (
        Example("drop_path(0.2)"),
        Example("drop_path(0.2, scale=train)"),
        Example("drop_path(0.5, mode=sample)", "12"),
        Example("drop_path(0.5, mode=sample, scale=train)"),
    )

    p: float = attribute(values.PROBABILITY)
    ramp: str = attribute(RAMP, "constant")
    mode: str = attribute(MODE, "batch")
    scale: str = attribute(SCALE, "test")
    index: int = field(default=1, metadata={"quiet": True})  # counted once the network is whole
    count: int = field(default=1, metadata={"quiet": True})

    @property
    def rate(self) -> float:
        return self.p * self.index / self.count

    @property
    def caption(self) -> str:
        return rated(self.word, self.rate) + (f", {self.mode}" if self.mode != "batch" else "")

    @property
    def skips(self) -> bool:
        return self.mode == "batch"

    @property
    def kept_share(self) -> float:
        """The factor by which evaluation multiplies the path."""
        return 1.0 if self.scale == "train" else 1 - self.rate

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        if self.p == 1 and self.scale == "train":
            advice = "less than 1, since `scale=train` divides by 1 - p"
            raise Rejected(argument_errors.bad_value(self.word, "p", "`1`", advice))
        return inputs[0]

    def shares(self, training: bool) -> bool:
        """Whether the output shares memory: only if it is neither scaled nor dropped per image."""
        scales = training == (self.scale == "train")
        return not scales and (self.skips or not training)

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved() if self.skips else Saved(extra=Buffer(1, width=1))  # the coins

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        name = f"Drop{'Path' if self.skips else 'Sample'}" + (
            "Scaled" if self.scale == "train" else ""
        )
        rank = len(inputs[0])
        numbers = {"index": (self.index, 1), "count": (self.count, 1)}
        if not self.skips:
            numbers["axes"] = (rank, IMAGE)
        return TorchForm(call(name, Arg("p", self.p), **numbers), support=self.support(name))

    def support(self, name: str) -> str:
        """The source of the module."""
        mode, body = MODES[self.mode]
        scale = SCALES[self.scale]
        axes = "" if self.skips else f", axes: int = {IMAGE}"
        head = HEAD.format(name=name, axes=axes, mode=mode, scale=scale.words)
        methods = (body + MASK).format(
            scaled=scale.scaled, evaluated=scale.evaluated, trained=scale.trained
        )
        return f"{COINS}\n\n{head}{methods}"
