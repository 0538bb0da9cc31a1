"""Executors of flows: this machine, in parallel and resumable, or the workers of a cluster."""

from typing import TYPE_CHECKING

from amorph_flows.lazy import lazy_names

if TYPE_CHECKING:
    from amorph_flows.executors._routing import route
    from amorph_flows.executors.local._run import Outputs, run_study
    from amorph_flows.executors.workers import Worker
else:
    __getattr__ = lazy_names(
        __name__,
        {"local._run": ("Outputs", "run_study"), "_routing": ("route",), "workers": ("Worker",)},
    )

__all__ = ["Outputs", "Worker", "route", "run_study"]
