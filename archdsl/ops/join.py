"""FractalNet's join: the mean of several branches, with drop-path."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.ops import values
from archdsl.ops.base import Example, Op, Shape, attribute, volume
from archdsl.ops.coins import COINS
from archdsl.ops.merge import ShapesDiffer
from archdsl.ops.storage import Buffer
from archdsl.ops.torch_form import Arg, TorchForm, call
from archdsl.ops.traits import SavesNothing

SUPPORT = f'''{COINS}

class Join(Coins):
    """The mean of the branches that drop-path keeps (Larsson et al. 2016, section 4)."""

    def __init__(self, branches: int, drop: float) -> None:
        super().__init__()
        self.branches = branches
        self.drop = drop
        self.column: int | Tensor | None = None  # the only one kept, 0 the deepest

    def forward(self, *branches: Tensor | None) -> Tensor:
        kept = [branch for branch in branches if branch is not None]
        if not (self.training and self.drop > 0 and self.masks(kept[0])):
            return sum(kept) / len(kept)
        mask = self.mask(kept[0])
        masked = (torch.where(mask[i], branch, 0.0) for i, branch in enumerate(kept))
        return sum(masked) / mask.sum()

    def draw(self, x: Tensor | None, live: bool = True) -> list[bool]:
        """The branches to compute in a forward that computes on `x`.

        The drawn column, or each by its own coin, one at least. A join that is not
        `live`, since nothing reads it, keeps none.
        """
        if not (live and self.training and self.drop > 0) or self.masks(x):
            return [live] * self.branches
        if self.column is not None:
            column = max(self.branches - 1 - self.column, 0)
            return [branch == column for branch in range(self.branches)]
        coins = torch.rand(self.branches, generator=self.generator, device="cpu")
        least = min(self.drop, float(coins.max()))
        return [coin >= least for coin in coins.tolist()]

    def mask(self, x: Tensor) -> Tensor:
        """Draw as `draw` does, by operations that a graph repeats: what to keep."""
        coins = x.new_empty(self.branches, dtype=torch.float32).uniform_()
        kept = (coins >= self.drop) | (coins == coins.max())
        if self.column is not None:  # negative: none
            columns = torch.ones_like(coins).cumsum(0).flip(0) - 1
            last = (columns == self.branches - 1) & (self.column >= self.branches)
            kept = (columns == self.column) | last | (kept & (self.column < 0))
        if not self.recorded(x):
            return kept
        self.column = None  # part of the graph
        return kept | self.evaluates(x)


def draw_paths(network: nn.Module, x: Tensor) -> None:
    """For one mini-batch, with even odds: local drop-path, or one column for all joins."""
    joins = [module for module in network.modules() if isinstance(module, Join)]
    columns = max(join.branches for join in joins)
    if joins[0].masks(x):
        drawn = x.new_empty((), dtype=torch.float32).uniform_(0, 2 * columns).floor()
        column = torch.where(drawn < columns, drawn, -1.0)
    else:
        generator = joins[0].generator
        drawn = int(torch.randint(2 * columns, (), generator=generator, device="cpu"))
        column = drawn if drawn < columns else None
    for join in joins:
        join.column = column
'''


@dataclass(frozen=True, eq=False, repr=False)
class Join(SavesNothing, Op):
    """The mean of the branches (Larsson et al. 2016, arXiv:1605.07648, section 3).

    In training each branch is left out with probability `drop`, at least one stays; for half of
    the mini-batches one column is kept in the whole network instead. A join that feeds only a join
    dissolves into it.
    """

    word = "join"
    affine_map = keeps_sign = True
    kind = "merge"
    dissolves = "anywhere"
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
            raise ShapesDiffer("`join` needs branches of one shape")
        return inputs[0]

    def scratch(self, inputs: tuple[Shape, ...], output: Shape) -> Buffer:
        return Buffer(volume(output))  # the sum, until it is divided

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        module = call("Join", Arg("branches", len(inputs)), Arg("drop", self.drop))
        return TorchForm(module, support=SUPPORT, draws="draw_paths(self, {x})")
