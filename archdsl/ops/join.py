"""FractalNet's join: the mean of several branches, some of which drop-path leaves out."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, volume
from archdsl.ops.merge import DoNotMeet
from archdsl.ops.storage import Buffer
from archdsl.ops.torch_form import Arg, TorchForm, call

SUPPORT = '''
class Join(nn.Module):
    """The mean of the branches that drop-path keeps (Larsson et al. 2016, section 4)."""

    def __init__(self, branches: int, drop: float) -> None:
        super().__init__()
        self.branches = branches
        self.drop = drop
        self.column: int | None = None  # the only one kept, 0 the deepest

    def forward(self, *branches: Tensor) -> Tensor:
        kept = list(range(self.branches))
        if self.training and self.drop > 0:
            kept = self.draw()
        return sum(branches[i] for i in kept) / len(kept)

    def draw(self) -> list[int]:
        """One column where that is drawn for the whole network; else each branch on its own."""
        if self.column is not None:
            return [max(self.branches - 1 - self.column, 0)]
        drawn = torch.rand(self.branches).tolist()
        kept = [i for i, chance in enumerate(drawn) if chance >= self.drop]
        return kept or [int(torch.randint(self.branches, ()))]


def draw_paths(network: nn.Module) -> None:
    """For one mini-batch, with even odds: local drop-path, or one column for all joins."""
    joins = [module for module in network.modules() if isinstance(module, Join)]
    columns = max(join.branches for join in joins)
    column = int(torch.randint(2 * columns, ()))
    for join in joins:
        join.column = column if column < columns else None
'''


@dataclass(frozen=True)
class Join(Op):
    """The mean of the branches (Larsson et al. 2016, arXiv:1605.07648, section 3).

    In training each branch is left out with probability `drop`, at least one stays; for half of
    the mini-batches one column is kept in the whole network instead. A join that feeds only a join
    dissolves into it.
    """

    word = "join"
    affine_map = keeps_sign = True
    kind = "merge"
    runs = "pointwise"
    many = True
    examples = (
        Example("join { | conv(3x3, 8) | identity }"),
        Example("join(drop=0.15) { | relu | conv(1x1, 8) | identity }"),
    )

    drop: float = attribute(values.PROBABILITY, 0.0)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        if len(set(inputs)) != 1:
            raise DoNotMeet("`join` needs branches of one shape")
        return inputs[0]

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return Buffer(volume(output))  # the sum, until it is divided

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        module = call("Join", Arg("branches", len(inputs)), Arg("drop", self.drop))
        return TorchForm(module, support=SUPPORT, draws="draw_paths(self)")
