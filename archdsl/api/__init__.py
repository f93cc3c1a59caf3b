"""The Python interface: load networks, look at them, compile them, compare variants."""

from archdsl.api.catalogue import sweep, zoo
from archdsl.api.errors import ArchError
from archdsl.api.loading import check, load
from archdsl.api.network import Network, Picture
from archdsl.api.tables import Rows, Table

__all__ = [
    "ArchError",
    "Network",
    "Picture",
    "Rows",
    "Table",
    "check",
    "load",
    "sweep",
    "zoo",
]
