"""The samples of a study: its glasses, each with its occupations by ions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.errors import InputError
from amorph_flows.flows.interface import (
    Insertion,
    LargeGlass,
    MeltQuench,
    Sampling,
    SeveralOccupations,
)
from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.jobs.active_learning.conclude import Start
from amorph_flows.jobs.fields import require_at_least_one
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.runtime.identity import jobs_of
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.structures import parse_ion

_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Sample:
    """One glass with one occupation by ions, and the jobs that make it.

    Parameters
    ----------
    glass, occupation
        Their numbers, from 1; the occupation of lowest Ewald energy is the first.
    quench
        The melt-quench of the glass, which all its occupations share.
    inserted, sampled
        Insertion and engine MD with ions, by temperature, K.
    formulas
        Without and with ions, each with what tells the sample from the first one.
    """

    glass: int
    occupation: int
    formulas: tuple[str, str]
    quench: Flow
    inserted: dict[float, Job | Flow]
    sampled: dict[float, Job | Flow]

    @property
    def is_first_of_glass(self) -> bool:
        """Whether the glass, which occupations share, counts as this sample's."""
        return self.occupation == 1

    @property
    def branches(self) -> dict[float, LabelDoc]:
        """Engine MD of the glass without ions, by temperature, K."""
        return dict(self.quench.output["branches"])

    @property
    def engine_md(self) -> dict[float, LabelDoc]:
        """Engine MD with ions, by temperature, K."""
        return {t: job.output for t, job in self.sampled.items()}

    @property
    def full(self) -> str:
        """Formula with ions, with what tells the sample from the first one."""
        return self.formulas[1]

    @property
    def starts(self) -> list[Start]:
        """Where MD with the potential starts; the glass where it counts as this sample's first."""
        empty, full = self.formulas
        starts = [(full, t, label.structure) for t, label in self.engine_md.items()]
        if not self.is_first_of_glass:
            return starts
        hosts = self.branches
        return [*((empty, t, hosts[t].structure) for t in self.sampled), *starts]

    @property
    def jobs(self) -> tuple[list[Job | Flow], list[Job | Flow], list[Job | Flow]]:
        """The melt-quench where it counts as this sample's, the insertions, and the engine MD."""
        quench: list[Job | Flow] = [self.quench] if self.is_first_of_glass else []
        return quench, list(self.inserted.values()), list(self.sampled.values())

    @property
    def labels(self) -> list[LabelDoc]:
        """Labels of the glass where it counts as this sample's, and of engine MD with ions."""
        with_ions = list(self.engine_md.values())
        if not self.is_first_of_glass:
            return with_ions
        return [*self.quench.output["cooling"], *self.branches.values(), *with_ions]

    def named(self, what: str) -> str:
        """Return a name that tells the sample from others; the first has none of its own.

        Parameters
        ----------
        what
            What is named, such as ``"MgV2O5"``.
        """
        return f"{what}{_which(self.glass, self.occupation)}"

    def rename(self, jobs: Iterable[Job | Flow]) -> None:
        """Add to the names of jobs which sample they are of.

        Parameters
        ----------
        jobs
            Or flows of such.
        """
        for flow in jobs if self.named("") else ():
            for job in jobs_of(flow):
                job.name = f"{job.name},{self.named('')}"


def check_samples(
    n_glasses: int, n_occupations: int, insertion: Insertion, *glasses: MeltQuench | LargeGlass
) -> None:
    """Refuse numbers of glasses and occupations that the stages cannot make.

    Parameters
    ----------
    n_glasses, n_occupations
        How many glasses, and how many occupations of each.
    insertion
        The stage that makes occupations.
    *glasses
        The stages that make a glass.

    Raises
    ------
    InputError
        If a number is below 1, several glasses would all be the same, or the insertion keeps
        fewer occupations.
    """
    require_at_least_one(n_glasses=n_glasses, n_occupations=n_occupations)
    for stage in glasses:
        if n_glasses > 1 and reseeded(stage, 2) == stage:
            raise InputError(
                f"n_glasses is {n_glasses}, but {type(stage).__name__} has no field seed, so all "
                "glasses would be the same; give it one, or set n_glasses to 1"
            )
    if n_occupations == 1:
        return
    if not isinstance(insertion, SeveralOccupations):
        raise InputError(
            f"n_occupations is {n_occupations}, but insertion, a {type(insertion).__name__}, "
            "gives one occupation alone: it has no n_best and no method occupation; set "
            "n_occupations to 1"
        )
    if n_occupations > insertion.n_best:
        raise InputError(
            f"n_occupations is {n_occupations}, but insertion.n_best keeps {insertion.n_best}; "
            "raise that, or lower n_occupations"
        )


def make_samples(
    glasses: Iterable[int],
    n_occupations: int,
    melt_quench: MeltQuench,
    insertion: Insertion,
    sampling: Sampling,
    host: Structure,
    ions: tuple[str, int],
    temperatures_k: Iterable[float],
    formulas: tuple[str, str],
) -> list[Sample]:
    """Return the samples, those of one glass after each other.

    Parameters
    ----------
    glasses
        Numbers of the glasses, from 1.
    n_occupations
        How many occupations of each.
    melt_quench, insertion, sampling
        The stages.
    host
        The crystal that is molten.
    ions
        What it takes up, such as ``"Mg2+"``, and how many.
    temperatures_k
        Branches that take up ions, K.
    formulas
        Without and with ions.
    """
    samples: list[Sample] = []
    for glass in glasses:
        stage, which = reseeded(melt_quench, glass), _which(glass, 1)
        if isinstance(stage, MeltQuenchMaker):
            quench = stage.labelled(host, formulas[0] + which)
        else:
            quench = stage.make(host)
        branches = dict(quench.output["branches"])
        best = {t: insertion.make(branches[t].structure, *ions, t) for t in temperatures_k}
        for number in range(1, n_occupations + 1):
            inserted, which = best, _which(glass, number)
            if number > 1 and isinstance(insertion, SeveralOccupations):
                inserted = {t: insertion.occupation(job.output, number) for t, job in best.items()}
            empty, full = (f"{formula}{which}" for formula in formulas)
            sampled = {
                t: sampling.make(job.output.structure, t, full) for t, job in inserted.items()
            }
            sample = Sample(glass, number, (empty, full), quench, inserted, sampled)
            sample.rename([*sample.jobs[0], *sample.jobs[1]])
            samples.append(sample)
    return samples


def reseeded(stage: _T, glass: int) -> _T:
    """Return a stage with seeds of its own for a glass; the first keeps those of the study.

    Parameters
    ----------
    stage
        Any Maker. The seeds of the Makers in its fields are changed, too.
    glass
        Number of the glass, from 1.
    """
    if glass == 1 or not is_dataclass(stage) or isinstance(stage, type):
        return stage
    changes: dict[str, Any] = {}
    for field in fields(stage):
        value = getattr(stage, field.name)
        if field.name == "seed":
            changes["seed"] = seed_of(value, "glass", glass)
        elif isinstance(value, Maker):
            changes[field.name] = reseeded(value, glass)
    return replace(stage, **changes)


def formulas_of(host: Structure, ion: str, n_ions: int) -> tuple[str, str]:
    """Return the reduced formulas of the host without and with its ions.

    Parameters
    ----------
    host
        Without ions.
    ion, n_ions
        What it takes up, such as ``"Mg2+"``, and how many.
    """
    full = host.composition + {parse_ion(ion).symbol: n_ions}
    return host.composition.reduced_formula, full.reduced_formula


def _which(glass: int, occupation: int) -> str:
    """Return what tells a sample from the first one, empty for that."""
    which = f" glass {glass}" if glass > 1 else ""
    return f"{which} occupation {occupation}" if occupation > 1 else which
