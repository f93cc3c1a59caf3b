"""Capabilities of the hardware and of PyTorch's build for a type of numbers."""

import warnings
from collections.abc import Mapping
from typing import Any

import torch

# Arithmetic units for a type, under the names in `torch.cpu.get_capabilities`.
UNITS = {
    torch.bfloat16: ("amx_bf16", "avx512_bf16", "avx10_2", "bf16", "sve_bf16"),
    torch.float16: ("amx_fp16", "avx512_fp16", "avx10_2", "fp16_arith"),
}


def onednn_takes(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether PyTorch can use oneDNN for layers of a type here."""
    mkldnn: Any = torch.backends.mkldnn
    if device.type != "cpu" or not (mkldnn.is_available() and mkldnn.enabled):
        return False
    if dtype is torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    if dtype is torch.float16:
        return bool(torch.ops.mkldnn._is_mkldnn_fp16_supported())
    return dtype is torch.float32


def autotunes(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether a GPU has other operators than PyTorch's for a type; float64 has none."""
    return device.type == "cuda" and dtype is not torch.float64


def lacks_units(dtype: torch.dtype, capabilities: Mapping[str, Any]) -> bool:
    """Whether a CPU has no arithmetic units for a type; False where nothing is known."""
    units = UNITS.get(dtype, ())
    return bool(units and capabilities) and not any(map(capabilities.get, units))


def warn_about_units(device: torch.device, dtype: torch.dtype) -> None:
    """Warn where a CPU converts every number of a type, which takes longer than float32."""
    query: Any = getattr(
        torch.cpu, "get_capabilities", dict
    )  # PyTorch before 2.11 has none
    if device.type == "cpu" and lacks_units(dtype, query()):
        warnings.warn(
            f"this processor has no arithmetic units for {dtype}, which is slower here than "
            "torch.float32: leave out dtype, or use a processor that has them",
            stacklevel=3,
        )
