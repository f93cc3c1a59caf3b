"""Passes for inference: one pass a file, each exact up to rounding."""
