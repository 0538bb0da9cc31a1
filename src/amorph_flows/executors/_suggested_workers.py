"""Suggested workers of a new cluster, and templates filled in with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SuggestedWorker:
    """A worker of one kind of jobs, as the files that `amorph init` writes suggest it.

    Parameters
    ----------
    kind
        Kind of its jobs.
    about
        What these do, for a comment.
    cores, threads
        What a batch job asks for.
    hours
        Its walltime.
    reserved
        Whether a batch job is for one job, and not for as many as fit into its walltime.
    """

    kind: str
    about: str
    cores: int
    threads: int
    hours: int
    reserved: bool = True

    @property
    def walltime(self) -> str:
        """The walltime as ``hours:minutes:seconds``."""
        return f"{self.hours:02d}:00:00"

    @property
    def seconds(self) -> int:
        """The walltime, s."""
        return self.hours * 3600


SUGGESTED_WORKERS = (
    SuggestedWorker("dft", "engine runs: energies, forces, relaxations, MD", 16, 1, 24),
    SuggestedWorker("md", "LAMMPS runs with a fitted potential", 16, 1, 24),
    SuggestedWorker("fit", "fits of potentials with their active sets", 4, 4, 12),
    SuggestedWorker("light", "short jobs: controllers, analysis, reports", 1, 1, 4, reserved=False),
)


def filled_in(package: str, template: str, **values: Any) -> str:
    """Return a template with its values.

    Parameters
    ----------
    package
        The package that has it in its folder ``templates``.
    template
        Its file name.
    **values
        What it asks for.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(package, "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 the files are YAML and shell, no HTML
    )
    return environment.get_template(template).render(values)
