"""Keeps a table of the instances of a registry."""
