"""oneDNN on a CPU: packed weights, Winograd's algorithm, graphs of several operators."""
