"""Initialisation of layers, as calls of `torch.nn.init`."""

from __future__ import annotations

from archdsl.ops.torch_form import Code, InitCall, call
from archdsl.ops.values import Init

PYTORCH = Init("pytorch")


def init_calls(init: Init, bias: float | None) -> tuple[InitCall, ...]:
    """The calls that initialise weights and bias; none for PyTorch's defaults."""
    relu = (Code('"relu"'), None)
    schemes = {
        "kaiming_fan_in": call("nn.init.kaiming_normal_", nonlinearity=relu),
        "kaiming_fan_out": call(
            "nn.init.kaiming_normal_", mode=(Code('"fan_out"'), None), nonlinearity=relu
        ),
        "kaiming_uniform": call("nn.init.kaiming_uniform_", nonlinearity=relu),
        "xavier": call("nn.init.xavier_uniform_"),
        "normal": call("nn.init.normal_", std=(init.value, None)),
        "truncated_normal": call("nn.init.trunc_normal_", std=(init.value, None)),
        "uniform": call("nn.init.uniform_", a=(-(init.value or 0), None), b=(init.value, None)),
    }
    weight = (("weight", schemes[init.scheme]),) if init.scheme in schemes else ()
    if bias is None:
        return weight
    fill = call("nn.init.zeros_") if bias == 0 else call("nn.init.constant_", bias)
    return (*weight, ("bias", fill))
