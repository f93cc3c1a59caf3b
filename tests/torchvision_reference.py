"""torchvision's models without its compiled operators, which a CPU build of PyTorch may lack.

torchvision registers fake kernels for two of its operators when it is imported and fails where
nobody declared them; no classification model calls either.
"""

from __future__ import annotations

import torch

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

try:
    from torchvision import models
except RuntimeError:  # no such operator; where there is one, a second declaration would abort
    _declared = torch.library.Library("torchvision", "FRAGMENT")
    for _schema in SCHEMAS:
        _declared.define(_schema)
    from torchvision import models

from torchvision.models import feature_extraction  # noqa: E402  what it imports is declared above

__all__ = ["feature_extraction", "models"]
