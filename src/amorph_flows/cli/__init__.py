"""The command ``amorph``."""

from amorph_flows.cli import (
    cluster,
    compare,
    compare_potentials,
    documents,
    init,
    machine,
    plan,
    relabel,
    studies,
)
from amorph_flows.cli.group import app

__all__ = [
    "app",
    "cluster",
    "compare",
    "compare_potentials",
    "documents",
    "init",
    "machine",
    "plan",
    "relabel",
    "studies",
]
