"""The documents that stages pass on: pydantic models, one file for each stage."""

SHARED = frozenset({"array", "base", "combined", "result", "schedule", "verdict"})
"""Modules of what several stages share; every other module is a stage."""
