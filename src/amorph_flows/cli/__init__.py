"""The command ``amorph``."""

from amorph_flows.cli import cluster, documents, init, machine, plan, relabel, studies
from amorph_flows.cli.group import app

__all__ = ["app", "cluster", "documents", "init", "machine", "plan", "relabel", "studies"]
