"""The command ``amorph``."""

from amorph_flows.cli import documents, machine, studies
from amorph_flows.cli.group import app

__all__ = ["app", "documents", "machine", "studies"]
