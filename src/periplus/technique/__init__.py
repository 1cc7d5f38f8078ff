"""Techniques: what a probe looks like and what every answer, and silence, means. Pure; one file a technique."""
