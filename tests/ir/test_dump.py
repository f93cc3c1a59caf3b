"""A graph as text."""

from __future__ import annotations

from archdsl import driver
from archdsl.diagnostics import Sink, Source
from archdsl.elaboration.modules import Library
from archdsl.ir import dump

TEXT = """\
block unit(n) {
    skip { conv(3x3, n) -> bn }
}

network net {
    input 3x8x8
    conv1: conv(7x7, 4, /2, bias=false)
    units: repeat 2 { unit(4) }
    output @conv1, @units
}
"""
DUMP = """\
network net {
  %0 = input() : 3x8x8  # input  6:5  net
  %1 = conv(7x7, 4, stride=2x2, bias=false)(%0) : 4x4x4  # conv1  7:12  net
  %2 = conv(3x3, 4)(%1) : 4x4x4  # units.0.conv1  2:12  unit < net
  %3 = bn(%2) : 4x4x4  # units.0.bn1  2:28  unit < net
  %4 = add(%3, %1) : 4x4x4  # units.0.add1  2:5  unit < net
  %5 = conv(3x3, 4)(%4) : 4x4x4  # units.1.conv1  2:12  unit < net
  %6 = bn(%5) : 4x4x4  # units.1.bn1  2:28  unit < net
  %7 = add(%6, %4) : 4x4x4  # units.1.add1  2:5  unit < net
  output conv1 = %1
  output units = %7
}
"""


def test_every_node_is_a_line_with_its_shape_path_place_and_calls() -> None:
    sink = Sink()
    library = Library(lambda name, importer: None)
    graphs = driver.graphs(Source("net.arch", TEXT), library, sink, driver.Request())
    assert not sink.found
    assert dump(graphs[0]) == DUMP
