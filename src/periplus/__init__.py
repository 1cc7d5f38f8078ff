"""Periplus: which ports of a network answer, what answers there, and by what evidence."""

__version__ = "0.1.0"
