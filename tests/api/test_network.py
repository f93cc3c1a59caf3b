"""The Python interface as a user calls it: one network."""

from __future__ import annotations

import copy
import inspect
import pickle
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import networkx as nx
import pytest
import torch

import archdsl
from tests.torchvision_reference import models

TEXT = """
network small(width=8, classes=4) {
    input 3x16x16
    stem: conv(3x3, width, stride=2, bias=false) -> bn -> relu
    skip { conv(3x3, width) }
    avgpool(global) -> flatten
    fc: linear(classes)
}
"""


def small(**parameters: int) -> archdsl.Network:
    return archdsl.load(TEXT, **parameters)


def test_facts_are_those_of_torchvision() -> None:
    net, reference = archdsl.load("resnet18"), models.resnet18()
    assert net.params == sum(p.numel() for p in reference.parameters())
    assert net.input == (3, 224, 224)
    assert net.output == (1000,)
    assert net.depth == 18


def test_a_network_is_a_file_a_name_a_call_or_text(tmp_path: Path) -> None:
    path = tmp_path / "own.arch"
    path.write_text(TEXT)
    params = small().params
    assert params == 3 * 8 * 9 + 2 * 8 + 8 * 8 * 9 + 8 + 8 * 4 + 4
    for given in (path, str(path), f"{path}:small", f"{path}:small(width=8)"):
        assert archdsl.load(given).params == params
    assert archdsl.load("resnet18(classes=10)").output == (10,)
    family = archdsl.load("resnext", network="resnext50_32x4d", groups=16)
    assert family.params < archdsl.load("resnext50_32x4d").params


def test_parameters_are_numbers_lists_or_expressions() -> None:
    assert small(classes=7).output == (7,)
    assert archdsl.load("resnet18", layers=[1, 1, 1, 1]).depth == 10
    assert archdsl.load("resnet18", unit="bottleneck").params > archdsl.load("resnet18").params
    assert archdsl.load("resnet50", unit__base=32).params < archdsl.load("resnet50").params


def test_input_sizes() -> None:
    assert small().macs < archdsl.load(TEXT, input="3x32x32").macs
    assert archdsl.load(TEXT, input=(3, 32, 32)).macs == archdsl.load(TEXT, input="3x32x32").macs
    assert archdsl.load(TEXT, input={"input": (3, 32, 32)}).input == (3, 32, 32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: archdsl.load("resnet81"), "did you mean `resnet18`"),
        (lambda: archdsl.load(TEXT, width=None), "width=None"),
        (lambda: archdsl.load(TEXT, widht=3), "`widht`"),
        (lambda: archdsl.load(TEXT, input="224"), "3x16x16|write"),
        (lambda: archdsl.load(TEXT, input="x"), "write channels, height, width"),
        (lambda: archdsl.load("googlenet", "nothing"), "nothing"),
        (lambda: archdsl.load("resnet"), "layers"),
        (lambda: small().render("blocks"), "did you mean `block`"),
        (lambda: small().render(format="jpg"), "did you mean `png`"),
        (lambda: small().memory(dtype="fp8"), "dtype='fp8'"),
        (lambda: small().memory(batch=0), "batch=0"),
        (lambda: small().code("engine"), "`module`, `training` and `inference`"),
        (lambda: small().fact("nowhere.out"), "nowhere"),
        (lambda: str(small().render(format="png")), "save"),
        (lambda: archdsl.sweep(TEXT), "list of values"),
        (lambda: archdsl.sweep(TEXT, width=range(20_000)), "10,000"),
        (lambda: archdsl.sweep(TEXT, width=[1], measures=["speed"]), "speed"),
        (lambda: archdsl.zoo("resnet81"), "resnet"),
    ],
)  # fmt: skip
def test_wrong_requests_say_what_to_write(call: object, message: str) -> None:
    with pytest.raises(archdsl.ArchError, match=message):
        call()  # type: ignore[operator]


def test_mistakes_are_one_exception_with_all_messages() -> None:
    with pytest.raises(archdsl.ArchError, match=r"(?s)<text>:1:28.*rellu.*did you mean") as caught:
        archdsl.load("network n { input 3x8x8 -> rellu -> sigmoit }")
    assert [each.code for each in caught.value.diagnostics] == ["A201", "A201"]
    assert [each.code for each in archdsl.check("network n { input 3x8x8 -> rellu }")] == ["A201"]


def test_check_lints() -> None:
    text = "network n { input 3x8x8 -> conv(3x3, 4) -> bn }"
    assert [each.code for each in archdsl.check(text)] == ["L201"]
    assert archdsl.check(text, lints=False) == []


def test_false_facts_are_a_warning_for_a_network_as_written() -> None:
    text = TEXT.replace("    fc:", "    expect params == 3\n    fc:")
    with pytest.warns(UserWarning, match="params is"):
        assert archdsl.load(text).broken
    assert archdsl.load(
        text, width=4
    ).broken  # no warning, which the tests would turn into an error


def test_the_graph_is_for_networkx() -> None:
    net = small()
    graph = net.graph
    assert isinstance(graph, nx.MultiDiGraph)
    assert sum(params for _, params in graph.nodes(data="params")) == net.params
    assert sum(macs for _, macs in graph.nodes(data="macs")) == net.macs
    conv = graph.nodes["stem"]
    assert (conv["op"], conv["shape"], conv["rf"], conv["stride"]) == ("conv", (8, 8, 8), 3, 2)
    assert conv["source"] == "<text>:4:11"
    [begin], [end] = graph.graph["inputs"], graph.graph["outputs"]
    assert len(list(nx.all_simple_paths(graph, begin, end))) == 2
    assert "fc" in nx.immediate_dominators(graph, begin)
    assert set(net.module().state_dict()) >= {f"{n}.weight" for n in graph if n == "stem"}


def test_paths_are_unique_in_a_large_network() -> None:
    net = archdsl.load("densenet121")
    assert len(net.graph) == len(net.ir.nodes)


def test_a_module_is_alive() -> None:
    net = small()
    module = net.module(classes=10)
    x = torch.zeros(2, 3, 16, 16)
    assert module(x).shape == (2, 10)
    assert type(module) is not type(net.module())
    assert "def forward" in inspect.getsource(type(module))
    for copied in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        copied.load_state_dict(module.state_dict())
        torch.testing.assert_close(copied.eval()(x), module.eval()(x))
    with pytest.warns(DeprecationWarning, match="script"):
        scripted = torch.jit.script(module)
    torch.testing.assert_close(scripted(x), module(x))


def test_code_is_what_compile_writes() -> None:
    net = small()
    for target, found in (("module", "class Small("), ("inference", "class SmallInference(")):
        assert found in net.code(target)
    assert "inplace=True" not in net.code(in_place=False)


def test_summary_memory_and_picture() -> None:
    net = small()
    summary = net.summary()
    assert f"{net.params:,}" in str(summary)
    assert f"{net.params:,}" in summary.html
    assert summary.data["totals"]["params"] == net.params
    memory = net.memory(batch=2, optimizer="sgd")
    assert memory.parameters == 4 * net.params
    assert memory.training > memory.inference > 0
    picture = net.render("network", color_by="macs")
    assert ET.fromstring(picture.data).get("id") == "small"
    assert net.render(format="png").data.startswith(b"\x89PNG")


def test_a_picture_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "small.pdf"
    small().render(format="pdf").save(path)
    assert path.read_bytes().startswith(b"%PDF")


def test_threads_do_not_meet() -> None:
    found: dict[int, tuple[int, bytes]] = {}

    def work(width: int) -> None:
        net = small(width=width)
        found[width] = net.params, net.render().data

    alone = {
        width: (small(width=width).params, small(width=width).render().data) for width in (4, 9)
    }
    threads = [threading.Thread(target=work, args=(width,)) for width in (4, 9) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == alone
