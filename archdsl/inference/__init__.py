"""Inference engines as graphs: fused ops, recipes of their weights, and passes."""
