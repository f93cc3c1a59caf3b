"""Triton kernels, autotuning between operators, and concatenation without copies."""
