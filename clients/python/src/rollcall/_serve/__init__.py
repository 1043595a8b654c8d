"""Registers applications of Python web servers."""
