"""Running a study on this machine."""

from amorph_flows.executors.local._run import Outputs, run_study

__all__ = ["Outputs", "run_study"]
