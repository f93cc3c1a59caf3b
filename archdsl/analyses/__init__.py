"""Facts about a graph: each a pure function from the graph to a mapping."""
