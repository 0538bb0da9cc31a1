"""Running flows: on this machine, resumable and in parallel, or by the workers of a cluster."""

from amorph_flows.executors.local.run import Outputs, run_study
from amorph_flows.executors.route import Worker, route

__all__ = ["Outputs", "Worker", "route", "run_study"]
