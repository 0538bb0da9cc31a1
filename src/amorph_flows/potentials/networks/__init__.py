"""What the backends of graph neural networks have in common."""

from __future__ import annotations

from amorph_flows.potentials.networks._backend import NetworkBackend
from amorph_flows.potentials.networks._given import model_file

__all__ = ["NetworkBackend", "model_file"]
