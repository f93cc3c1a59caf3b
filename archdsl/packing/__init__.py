"""Small files of weights: pruned, shared among a few values, entropy-coded.

Source: Han, Mao and Dally, "Deep compression" (ICLR 2016, arXiv:1510.00149). Their Huffman code is
replaced by LZMA's adaptive range coder, so no table of codes is stored.
"""

from archdsl.packing.container import CorruptError, pack, unpack
from archdsl.packing.sharing import BITS, Shared, prune, share

__all__ = ["BITS", "CorruptError", "Shared", "pack", "prune", "share", "unpack"]
