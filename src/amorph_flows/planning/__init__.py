"""Planning: what a flow will cost on this machine, before anything of it runs."""

from amorph_flows.planning._plan import plan_flow
from amorph_flows.planning.forecast import Call, Expected, Forecast, Task, forecaster

__all__ = ["Call", "Expected", "Forecast", "Task", "forecaster", "plan_flow"]
