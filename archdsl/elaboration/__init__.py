"""From the syntax tree to the graph."""
