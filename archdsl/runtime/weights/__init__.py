"""Check a trained network's state_dict, and compute the weights of fused layers from it."""
