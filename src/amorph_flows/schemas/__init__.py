"""The documents that stages pass on: pydantic models, one file for each stage."""

SHARED = frozenset(
    {
        *("array", "base", "combined", "comparison", "figure", "fits", "ion_motion"),
        *("judged_number", "plan", "reference", "result", "schedule", "spread", "until"),
    }
)
"""Modules of what is no document of a job; every other module is a stage."""
