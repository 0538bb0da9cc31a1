"""Insert ions into a host at the sites of lowest electrostatic energy."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.engines import AseEngine, Engine
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.jobs.fields import require_at_least_one
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.insertion import InsertionVerdict, OccupationDoc, SiteSetDoc
from amorph_flows.schemas.labelling import RelaxDoc
from amorph_flows.structures import (
    discharged_charges,
    find_void_sites,
    parse_ion,
    rank_occupations,
)
from amorph_flows.structures.bare import bare_structure

_TOLERANCES = ("min_distance", "merge_distance")


@dataclass
class IonInsertionMaker(Maker):
    """Find the sites of an ion in a host and the occupations of lowest Ewald energy.

    Parameters
    ----------
    name
        Name of the jobs.
    redox_element
        The element of the host that is reduced; None finds it.
    charges
        Charge of each host element after insertion; None derives them.
    tolerances
        Distances of `amorph_flows.structures.find_void_sites`, Å, that differ from its defaults.
    n_best
        How many occupations to keep.
    seed
        Seed of the search.
    relax_cell
        Whether cell and atoms of the best occupation are relaxed: the host had room for no ions.
    engine
        What relaxes them.
    """

    name: str = "insertion"
    redox_element: str | None = None
    charges: dict[str, float] | None = None
    tolerances: dict[str, float] | None = None
    n_best: int = 10
    seed: int = 0
    relax_cell: bool = False
    engine: Engine = field(default_factory=AseEngine)

    def check(self, structure: Structure, ion: str, n_ions: int) -> None:
        """Refuse settings with which no insertion could run.

        Parameters
        ----------
        structure
            The empty host.
        ion
            Such as ``"Mg2+"``.
        n_ions
            How many ions to place.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, charges do not add up to zero with the ions, or the
            engine cannot relax the cell.
        """
        require_at_least_one(n_best=self.n_best)
        if self.relax_cell and not self.engine.has_stress:
            raise InputError(
                f"relax_cell is true, but engine {self.engine.info().name} has no stress, so no "
                "cell can relax; set relax_cell to false, or use another engine"
            )
        if self.relax_cell:
            self.engine.check(structure)
        for name in self.tolerances or {}:
            if name not in _TOLERANCES:
                raise InputError(
                    f"tolerances has {name!r}, which is unknown; known tolerances: "
                    + ", ".join(_TOLERANCES)
                )
        host = _charged_host(structure, ion, n_ions, self.redox_element, self.charges)
        total = host.charge + n_ions * parse_ion(ion).oxi_state
        if abs(total) > 1e-3:
            raise InputError(
                f"charges and {n_ions} ions leave a net charge of {total:+g} in the cell; "
                "give the charges that the host has after insertion (V4+, not V5+, in MgV2O5)"
            )

    def make(
        self, structure: Structure, ion: str, n_ions: int, temperature_k: float | None = None
    ) -> Job | Flow:
        """Return the job, with `relax_cell` a flow; its output is a `SiteSetDoc`.

        Parameters
        ----------
        structure
            The empty host, or a reference to it.
        ion
            Such as ``"Mg2+"``.
        n_ions
            How many ions to place.
        temperature_k
            Temperature of the branch that the host was held at, K; None for a crystal.
        """
        job = insert_ions(
            structure,
            ion,
            n_ions,
            temperature_k=temperature_k,
            redox_element=self.redox_element,
            charges=self.charges,
            tolerances=self.tolerances,
            n_best=self.n_best,
            seed=self.seed,
        )
        where = "crystal" if temperature_k is None else f"{temperature_k:g} K"
        job.name = f"{self.name} {ion} {where}"
        return self._relaxed(job)

    def occupation(self, sites: SiteSetDoc, number: int) -> Job | Flow:
        """Return what makes the `SiteSetDoc` of an occupation that is not the best one.

        Parameters
        ----------
        sites
            The insertion, or a reference to it.
        number
            Which of its occupations, from 1, the best.
        """
        job = take_occupation(sites, number)
        job.name = self.name
        return self._relaxed(job)

    def _relaxed(self, job: Job) -> Job | Flow:
        """Return an insertion with what relaxes its cell, where that is asked for."""
        if not self.relax_cell:
            return job
        relax = self.engine.relax(job.output.structure, relax_cell=True)
        relax.name = f"{job.name}: relax"
        relaxed = with_relaxed_cell(job.output, relax.output)
        relaxed.name = f"{job.name}: relaxed"
        return Flow([job, relax, relaxed], output=relaxed.output, name=job.name)


@stage_job(SiteSetDoc)
def insert_ions(
    host: Structure,
    ion: str,
    n_ions: int,
    temperature_k: float | None = None,
    redox_element: str | None = None,
    charges: dict[str, float] | None = None,
    tolerances: dict[str, float] | None = None,
    n_best: int = 10,
    seed: int = 0,
) -> SiteSetDoc:
    """Return candidate sites in a host and the best ways to place ions on them.

    Parameters
    ----------
    host
        The empty host.
    ion
        Such as ``"Mg2+"``.
    n_ions
        How many to place.
    temperature_k
        Temperature of the branch that the host was held at, K.
    redox_element
        The element that is reduced; None finds it.
    charges
        Charge of each element after insertion; None derives them.
    tolerances
        Distances of `find_void_sites`, Å, that differ from its defaults.
    n_best
        How many occupations to keep.
    seed
        Seed of the search where the space is too large to prove the optimum.
    """
    charged = _charged_host(host, ion, n_ions, redox_element, charges)
    sites = find_void_sites(charged, ion, **(tolerances or {}))
    ranking = rank_occupations(charged, sites, ion, n_ions, n_best=n_best, seed=seed)
    return SiteSetDoc(
        host=charged,
        ion=ion,
        n_ions=n_ions,
        temperature_k=temperature_k,
        sites=sites.frac_coords,
        n_found=sites.n_found,
        n_cut_by_distance=sites.n_cut_by_distance,
        n_merged=sites.n_merged,
        min_distance_a=sites.min_distance,
        merge_distance_a=sites.merge_distance,
        occupations=[
            OccupationDoc(
                indices=[int(i) for i in o.indices], energy_ev=o.energy_ev, structure=o.structure
            )
            for o in ranking.occupations
        ],
        proven_optimal=ranking.proven_optimal,
        seed=seed,
        structure=bare_structure(ranking.occupations[0].structure),
        verdict=_verdict(ranking.proven_optimal, len(sites), n_ions),
    )


@stage_job(SiteSetDoc)
def take_occupation(sites: SiteSetDoc, number: int) -> SiteSetDoc:
    """Return an insertion with another of its occupations, not relaxed.

    Parameters
    ----------
    sites
        The insertion.
    number
        Which of its occupations, from 1, the best.

    Raises
    ------
    CalculationError
        If the sites allow fewer occupations.
    """
    if number > len(sites.occupations):
        raise CalculationError(
            f"occupation {number} is asked for, but {sites.n_ions} ions on {len(sites.sites)} "
            f"sites have {len(sites.occupations)} distinct ones that are kept; lower n_occupations"
        )
    return sites.renewed(
        structure=bare_structure(sites.occupations[number - 1].structure),
        relaxation_uuid="",
        volume_change=None,
        relaxed=None,
    )


@stage_job(SiteSetDoc)
def with_relaxed_cell(sites: SiteSetDoc, relaxation: RelaxDoc) -> SiteSetDoc:
    """Return an insertion whose structure is the relaxed one.

    Parameters
    ----------
    sites
        The insertion.
    relaxation
        Of its best occupation, cell and atoms.
    """
    relaxed = bare_structure(relaxation.structure)
    change = relaxed.volume / sites.structure.volume - 1
    return sites.renewed(
        structure=relaxed,
        relaxation_uuid=relaxation.job_uuid,
        volume_change=change,
        relaxed=_relaxed(relaxation, change),
    )


def _charged_host(
    host: Structure,
    ion: str,
    n_ions: int,
    redox_element: str | None = None,
    charges: dict[str, float] | None = None,
) -> Structure:
    """Return the host with the charges that it has after insertion, given or derived.

    Parameters
    ----------
    host
        The empty host.
    ion, n_ions
        What is inserted, and how many.
    redox_element
        The element that is reduced; None finds it.
    charges
        Charge of each element after insertion; None derives them.

    Raises
    ------
    InputError
        If the charges cannot be derived, or an element has none.
    """
    if charges is None:
        return discharged_charges(bare_structure(host), ion, n_ions, redox_element=redox_element)
    bare = bare_structure(host)
    missing = sorted({site.specie.symbol for site in bare} - set(charges))
    if missing:
        raise InputError(
            f"charges has no value for {', '.join(missing)}; give one for each element"
        )
    bare.add_oxidation_state_by_element(charges)
    return bare


def _verdict(proven: bool, n_sites: int, n_ions: int) -> Verdict:
    how = "is proven to be the lowest" if proven else "is the best that a seeded search found"
    return Verdict(
        question="lowest electrostatic energy found?",
        answer=InsertionVerdict.PROVEN if proven else InsertionVerdict.SEARCHED,
        passed=True,
        scope="numerical",
        reason=f"the occupation of {n_ions} out of {n_sites} sites {how} in Ewald energy",
        numbers={"n_sites": n_sites, "n_ions": n_ions},
    )


def _relaxed(relaxation: RelaxDoc, change: float) -> Verdict:
    done, force = relaxation.converged, relaxation.max_force_ev_a
    return Verdict(
        question="cell with its ions relaxed?",
        answer=InsertionVerdict.RELAXED if done else InsertionVerdict.NOT_CONVERGED,
        passed=done,
        scope="numerical",
        reason=f"the relaxation {'ended' if done else 'stopped'} after {relaxation.n_steps} steps "
        f"at {force:.3g} eV/Å, with {change:+.1%} of volume",
        numbers={"volume_change": change, "max_force_ev_a": force},
    )
