"""Published accuracies stand with the networks that the published weights load into."""

from __future__ import annotations

import pytest

from archdsl import files
from archdsl.analyses.measures import measures
from tests.architectures.shipped import NETWORKS, graph_of
from tests.architectures.test_torchvision import NAMES
from tests.torchvision_reference import models

PUBLISHED = files.published()


@pytest.mark.parametrize("name", PUBLISHED.top1)
def test_accuracies_are_those_that_torchvision_publishes(name: str) -> None:
    assert name in NETWORKS
    assert name in NAMES  # the test beside holds its weights to torchvision's
    theirs = name.removesuffix("_owt").replace("googlenet_bn", "googlenet")
    meta = models.get_model_weights(theirs)["IMAGENET1K_V1"].meta
    assert PUBLISHED.top1[name] == meta["_metrics"]["ImageNet-1K"]["acc@1"]
    found = measures(graph_of(name))
    assert meta["num_params"] in (found["params"], found["params_inference"])


def test_the_source_is_told() -> None:
    assert "IMAGENET1K_V1" in PUBLISHED.source
