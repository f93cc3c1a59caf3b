"""Attention over channels, as an op of archdsl."""

from dataclasses import dataclass

from archdsl.ops import (
    Example,
    Op,
    Shape,
    TorchForm,
    Weight,
    attribute,
    call,
    image,
    misfit,
    values,
)

SQUEEZE_EXCITE = '''
class SqueezeExcite(nn.Module):
    """Scales each channel by a gate that sees the means of all (Hu et al. 2017, section 3)."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = F.relu(self.fc1(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.fc2(gate))
'''


@dataclass(frozen=True)
class SqueezeExcite(Op):
    """Squeeze and excitation (Hu, Shen, Sun 2017, arXiv:1709.01507)."""

    word = "squeeze_excite"
    kind = "attention"
    examples = (Example("squeeze_excite(4)"), Example("squeeze_excite", "32x7x5"))

    reduction: int = attribute(values.COUNT, 16)

    def infer(self, inputs: tuple[Shape, ...]) -> Shape:
        channels, _, _ = image(self.word, inputs[0])
        if channels % self.reduction:
            raise misfit(
                f"`squeeze_excite`: {channels} channels are not a multiple of {self.reduction}",
                "choose a `reduction` that divides them",
            )
        return inputs[0]

    def weights(self, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
        channels, squeezed = inputs[0][0], self._squeezed(inputs)
        return (
            Weight("fc1.weight", (squeezed, channels, 1, 1)),
            Weight("fc1.bias", (squeezed,)),
            Weight("fc2.weight", (channels, squeezed, 1, 1)),
            Weight("fc2.bias", (channels,)),
        )

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        return 2 * inputs[0][0] * self._squeezed(inputs)

    def torch(self, inputs: tuple[Shape, ...], in_place: bool) -> TorchForm:
        made = call("SqueezeExcite", inputs[0][0], self._squeezed(inputs))
        return TorchForm(made, support=SQUEEZE_EXCITE)

    def _squeezed(self, inputs: tuple[Shape, ...]) -> int:
        return inputs[0][0] // self.reduction
