"""The version of archdsl, for the package, `archdsl --version` and the head of generated files."""

__version__ = "0.1.0"
