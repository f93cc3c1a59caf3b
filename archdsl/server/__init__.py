"""The language server: what editors ask about `.arch` files, as functions of a snapshot."""
