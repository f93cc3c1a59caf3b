"""Optional traits of ops: memory, algebra and randomness in training.

Every trait has a default that is right, or too careful, for an op that states nothing.
"""

from __future__ import annotations

from typing import ClassVar

from archdsl.ops.storage import NOTHING, Buffer, Saved

Shape = tuple[int, ...]  # channels and up to three axes, or features; the batch is implicit


class MemoryTraits:
    """Traits about storage and autograd.

    The defaults are for an op nobody has measured: it has a storage of its own, and backward
    reads everything, so that nothing it needs is overwritten. `SavesNothing` is the trait of an
    op whose backward needs shapes only.

    Attributes: `keeps_output` (backward reads the output), `in_place` (it may overwrite its
    input), `views` (the output may share the input's storage), and `runs`, how a GPU's kernels
    run it in evaluation: `alone`; `pointwise`, each number from those at its place, so that a
    neighbour's kernel can do it; `gather`, a copy that is not needed where the parts are written
    in place; `free`, nothing moves.
    """

    keeps_output: ClassVar[bool] = True
    in_place: ClassVar[bool] = False
    views: ClassVar[bool] = False
    runs: ClassVar[str] = "alone"

    def shares(self, training: bool) -> bool:
        """Whether the output shares the input's memory."""
        return self.views

    def overwrites(self, inputs: tuple[Shape, ...]) -> bool:
        """Whether the code overwrites the first operand where that is allowed."""
        return self.in_place

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        """The tensors that eager PyTorch keeps for backward, without the op's weights."""
        return Saved(tuple(range(len(inputs))), output=True)

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        """The temporary memory of eager PyTorch in evaluation."""
        return NOTHING


class SavesNothing(MemoryTraits):
    """The memory traits of an op whose backward needs no value: sums, copies, views."""

    keeps_output = False

    def saved(self, inputs: tuple[Shape, ...], output: Shape, in_place: bool) -> Saved:
        return Saved()


class AlgebraTraits:
    """Traits about an op's function in evaluation, for lints and rewrites.

    The defaults claim nothing. Attributes: `passes` (it does nothing at all), `transparent` (the
    output is the input), `affine_map` (a matrix and a constant), `sums` (a branch of zeros
    changes nothing), `folds` (of one operand it is that operand, as a sum or product), `dissolves`
    (where only the same op reads it, that can read its operands: at one "level" or "anywhere"),
    `rectifies` (no output is below zero), `keeps_sign` (no output is below zero where no input
    is), `keeps_positive` (it leaves alone what is not below zero), and of an activation
    `idempotent` (it leaves its own results alone).
    """

    passes: ClassVar[bool] = False
    transparent: ClassVar[bool] = False
    affine_map: ClassVar[bool] = False
    sums: ClassVar[bool] = False
    folds: ClassVar[bool] = False
    dissolves: ClassVar[str] = ""
    rectifies: ClassVar[bool] = False
    keeps_sign: ClassVar[bool] = False
    keeps_positive: ClassVar[bool] = False
    idempotent: ClassVar[bool] = False

    def idle(self, inputs: tuple[Shape, ...]) -> bool:
        """Whether the output is the input, for these shapes."""
        return self.passes

    def centres(self, inputs: tuple[Shape, ...]) -> bool:
        """Whether it subtracts each channel's mean, which cancels a bias before it."""
        return False


class TrainingTraits:
    """Traits about randomness in training; none by default."""

    @property
    def rate(self) -> float | None:
        """The probability with which training drops a value or path; None for other ops."""
        return None

    @property
    def skips(self) -> bool:
        """Whether training skips the path to it for whole mini-batches."""
        return False

    @property
    def picks(self) -> bool:
        """Whether training reads only the operands that its module's `draw` keeps."""
        return False
