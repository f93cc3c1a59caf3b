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

    def forward(self, *branches: Tensor | None) -> Tensor:
        kept = [branch for branch in branches if branch is not None]
        return sum(kept) / len(kept)

    def draw(self, live: bool = True) -> list[bool]:
        """The branches to compute: the drawn column, or each by its own coin; one at least.

        A join that is not `live`, since nothing reads it, keeps none.
        """
        if not (live and self.training and self.drop > 0):
            return [live] * self.branches
        if self.column is not None:
            column = max(self.branches - 1 - self.column, 0)
            return [branch == column for branch in range(self.branches)]
        chances = torch.rand(self.branches, device="cpu").tolist()
        kept = [chance >= self.drop for chance in chances]
        if not any(kept):
            kept[int(torch.randint(self.branches, (), device="cpu"))] = True
        return kept


def draw_paths(network: nn.Module) -> None:
    """For one mini-batch, with even odds: local drop-path, or one column for all joins."""
    joins = [module for module in network.modules() if isinstance(module, Join)]
    columns = max(join.branches for join in joins)
    column = int(torch.randint(2 * columns, (), device="cpu"))
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

    @property
    def picks(self) -> bool:
        return self.drop > 0

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        if len(set(inputs)) != 1:
            raise DoNotMeet("`join` needs branches of one shape")
        return inputs[0]

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return Buffer(volume(output))  # the sum, until it is divided

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        module = call("Join", Arg("branches", len(inputs)), Arg("drop", self.drop))
        return TorchForm(module, support=SUPPORT, draws="draw_paths(self)")
