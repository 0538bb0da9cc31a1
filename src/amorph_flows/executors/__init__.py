"""Running flows: on this machine, resumable and in parallel."""

from amorph_flows.executors.local import Outputs, run_study

__all__ = ["Outputs", "run_study"]
