"""A large glass by the potential, for production."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.engines import PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows.checks import check_stage
from amorph_flows.flows.interface import Insertion, with_engine
from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.jobs.fields import require_at_least_one, require_positive, valid_settings
from amorph_flows.jobs.insertion import IonInsertionMaker
from amorph_flows.schemas.potential import PotentialDoc

_FORCE_EV_A = 0.02
"""Below which the atoms around new ions count as relaxed, eV/Å; MD follows."""


@dataclass
class LargeGlassMaker(Maker):
    """Melt and quench a large cell with a potential, and put ions into it.

    Parameters
    ----------
    name
        Name of the flow.
    melt_quench
        Schedule; a study puts its own here.
    rate_k_per_ps
        Rate of its quench, K/ps, holds included or not as there; None: that of the schedule.
    ensemble, pressure_gpa
        Of melt, quench and holds: ``"nvt"`` at the volume of the crystal, or ``"npt"`` at a
        pressure, GPa.
    ions
        ``"inserted"`` into the quenched host, whose atoms then relax, or ``"present"`` from the
        start: inserted into the crystal, which is molten with them.
    insertion
        How; a study puts its own here. A cell that relaxes does so with the potential.
    frame_stride
        Steps between stored frames, each with its extrapolation grade; None: as in the schedule.
    """

    name: str = "large glass"
    melt_quench: MeltQuenchMaker = field(default_factory=MeltQuenchMaker)
    rate_k_per_ps: float | None = None
    ensemble: Literal["nvt", "npt"] = "nvt"
    pressure_gpa: float = 0.0
    ions: Literal["inserted", "present"] = "inserted"
    insertion: Insertion = field(default_factory=IonInsertionMaker)
    frame_stride: int | None = None

    @property
    def history(self) -> str:
        """What the glass went through, for the record."""
        rate = f"{self.quench().quench_rate_k_per_ps:.6g} K/ps"
        where = "NVT" if self.ensemble == "nvt" else f"NPT at {self.pressure_gpa:g} GPa"
        when = "afterwards" if self.ions == "inserted" else "before the melt"
        return f"quenched with the potential at {rate}, {where}; ions inserted {when}"

    def check(self, structure: Structure, ion: str, n_ions: int) -> None:
        """Refuse settings with which no glass could be made.

        Parameters
        ----------
        structure
            The large crystal.
        ion
            Such as ``"Mg2+"``.
        n_ions
            How many the cell takes up.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range.
        """
        if self.ions not in ("inserted", "present"):
            raise InputError(f"ions is {self.ions!r}; give 'inserted' or 'present'")
        if self.frame_stride is not None:
            require_at_least_one(frame_stride=self.frame_stride)
        self.quench()
        check_stage("insertion", self.insertion, structure, ion, n_ions)

    def quench(self) -> MeltQuenchMaker:
        """Return the melt-quench of the large cell.

        Raises
        ------
        InputError
            If the rate is not positive, or so fast that there is no time for the holds.
        """
        schedule, branch = self.melt_quench, self.melt_quench.branch
        duration_fs = schedule.quench_duration_fs
        if self.rate_k_per_ps is not None:
            require_positive(rate_k_per_ps=self.rate_k_per_ps)
            cooled_k = schedule.melt_temperature_k - schedule.final_temperature_k
            duration_fs = cooled_k / self.rate_k_per_ps * 1e3
        quench = replace(
            schedule,
            name=self.name,
            quench_duration_fs=duration_fs,
            branch=replace(
                branch, name=self.name, ensemble=self.ensemble, pressure_gpa=self.pressure_gpa
            ),
            ensemble=self.ensemble,
            pressure_gpa=self.pressure_gpa,
        )
        if (stride := self.frame_stride) is not None:
            branch = replace(quench.branch, frame_stride=stride, hot_frame_stride=stride)
            quench = replace(quench, branch=branch, frame_stride=stride)
        with valid_settings():
            quench.schedule()
        return quench

    def make(
        self,
        potential: PotentialDoc,
        structure: Structure,
        ion: str,
        n_ions: int,
        temperatures_k: tuple[float, ...],
    ) -> Flow:
        """Return the flow; its output is a dictionary of its parts.

        ``quench`` is a `QuenchDoc`, ``insertions`` a list of `SiteSetDoc`, and ``structures``
        pairs of temperature (K) and structure with ions.

        Parameters
        ----------
        potential
            The potential, or a reference to it.
        structure
            The large crystal.
        ion
            Such as ``"Mg2+"``.
        n_ions
            How many the cell takes up.
        temperatures_k
            Branches of the quench that are wanted with ions, K.
        """
        engine = PotentialEngine(potential, relax_fmax_ev_a=_FORCE_EV_A)
        quench = with_engine(self.quench(), engine)
        insertion = with_engine(self.insertion, engine)
        inserted: list[Job | Flow] = []
        relaxed: list[Job] = []
        if self.ions == "present":
            inserted.append(self._named(insertion.make(structure, ion, n_ions)))
            molten = quench.make(inserted[0].output.structure)
            structures = {t: label.structure for t, label in molten.output["branches"]}
        else:
            molten = quench.make(structure)
            structures = {}
            for temperature, label in molten.output["branches"]:
                if temperature in temperatures_k:
                    job = insertion.make(label.structure, ion, n_ions, temperature)
                    inserted.append(self._named(job))
                    relax = engine.relax(job.output.structure, relax_cell=False)
                    relax.name = f"{job.name}: atoms relaxed"
                    relaxed.append(relax)
                    structures[temperature] = relax.output.structure
        output = {
            "quench": molten.output["quench"],
            "insertions": [job.output for job in inserted],
            "structures": list(structures.items()),
        }
        return Flow([*inserted, molten, *relaxed], output=output, name=self.name)

    def _named(self, job: Job | Flow) -> Job | Flow:
        job.name = f"{self.name}: {job.name}"
        return job
