"""Colours of `.arch` files for editors and pages: one table of words and patterns."""
