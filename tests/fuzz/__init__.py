"""A fuzzer: `python -m tests.fuzz --help`."""
