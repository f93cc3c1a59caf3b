"""torchvision's models without its compiled operators, which a CPU build of PyTorch may lack.

torchvision registers fake kernels for two of its operators when it is imported and fails where
nobody declared them; no classification model calls either.
"""

from __future__ import annotations

import torch

_declared = torch.library.Library("torchvision", "FRAGMENT")


def _declare(schema: str) -> None:
    name = schema.split("(")[0]
    if not hasattr(torch.ops.torchvision, name):
        _declared.define(schema)


_declare("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_declare("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from torchvision import models  # noqa: E402

__all__ = ["models"]
