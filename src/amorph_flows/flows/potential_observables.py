"""Observables of a comparison of potentials: the same calculations with the engine and each fit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from jobflow import Flow, Job
from jobflow.core.reference import OutputReference
from pymatgen.core import Species, Structure

from amorph_flows.engines import Engine, PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows.elastic import ElasticMaker
from amorph_flows.schemas.potential_comparison import OBSERVABLES, ObservableName
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import reference_metal

_NEED_ENGINE = ("rdf", "voltage")


def room_temperature_md() -> MDStage:
    """Return the MD that radial distribution functions are taken from: 1 ps at 300 K."""
    return MDStage(
        name="hold",
        start_temperature_k=300.0,
        end_temperature_k=300.0,
        duration_fs=1000.0,
        frame_stride=10,
    )


@dataclass
class ObservableSettings:
    """What is computed with the engine of the labels and with every potential.

    Parameters
    ----------
    names
        ``"volume"`` of the relaxed structure, its ``"elastic"`` constants, the ``"rdf"`` of MD, the
        ``"voltage"`` of the crystal, against the metal of the engine.
    md
        The MD of radial distribution functions, in the cell that is given.
    elastic
        How elastic constants are measured; its engine is not used.
    ion
        Of the voltage, such as ``"Mg2+"``.
    discharged_structure
        The crystal with ions, of the voltage.
    relax_fmax_ev_a
        Relaxations with a potential end when no component of a force is larger, eV/Å.
    relax_max_steps
        Steps of a relaxation with a potential at most.
    """

    names: tuple[ObservableName, ...] = ("volume",)
    md: MDStage = field(default_factory=room_temperature_md)
    elastic: ElasticMaker = field(default_factory=ElasticMaker)
    ion: str = ""
    discharged_structure: Structure | None = None
    relax_fmax_ev_a: float = 1e-3
    relax_max_steps: int = 2000

    def check(self, structure: Structure, engine: Engine | None) -> None:
        """Refuse what could not be computed.

        Parameters
        ----------
        structure
            What is relaxed, strained and moved.
        engine
            Of the labels; None: there are no references.

        Raises
        ------
        InputError, MissingDependencyError
            If a name is unknown, an engine is needed, or the engine cannot compute it.
        """
        for name in self.names:
            if name not in OBSERVABLES:
                raise InputError(
                    f"observables has {name!r}; known observables: {', '.join(OBSERVABLES)}"
                )
            if engine is None and name in _NEED_ENGINE:
                raise InputError(
                    f"the observable {name!r} is a comparison with the engine of the labels; name "
                    "it, or leave the observable out"
                )
        if "voltage" in self.names:
            self._check_voltage(structure)
        if engine is None:
            return
        engine.check(structure)
        if "elastic" in self.names:
            replace(self.elastic, engine=engine).check(structure)
        if "rdf" in self.names:
            engine.check_md(self.md, structure)

    def _check_voltage(self, structure: Structure) -> None:
        if not self.ion or self.discharged_structure is None:
            raise InputError(
                "the observable 'voltage' needs the ion and the crystal with ions "
                "(discharged_structure); give both"
            )
        symbol = reference_metal(self.ion)[0].specie.symbol
        counts = self.discharged_structure.composition - structure.composition
        if set(counts.get_el_amt_dict()) != {symbol}:
            raise InputError(
                f"discharged_structure is {self.discharged_structure.formula}, which is not "
                f"{structure.formula} with {self.ion} added"
            )

    def of_engine(self, engine: Engine, structure: Structure, name: str) -> Observed:
        """Return the references.

        Parameters
        ----------
        engine
            Of the labels.
        structure
            What is relaxed, strained and moved.
        name
            Beginning of the names of the jobs.
        """
        found = self._with(engine, structure, f"{name}: engine")
        if "voltage" in self.names:
            metal = engine.relax(reference_metal(Species.from_str(self.ion).symbol))
            metal.name = f"{name}: engine, relax metal"
            found.add("metal", metal)
        return found

    def of_potential(self, potential: OutputReference, structure: Structure, name: str) -> Observed:
        """Return the same with a potential.

        Parameters
        ----------
        potential
            The fit that makes it.
        structure
            What is relaxed, strained and moved.
        name
            Beginning of the names of the jobs.
        """
        engine = PotentialEngine(
            potential,
            relax_fmax_ev_a=self.relax_fmax_ev_a,
            relax_max_steps=self.relax_max_steps,
        )
        return self._with(engine, structure, name)

    def _with(self, engine: Engine, structure: Structure, name: str) -> Observed:
        found = Observed()
        if {"volume", "elastic", "voltage"} & set(self.names):
            relax = engine.relax(structure)
            relax.name = f"{name}, relax"
            found.add("relaxed", relax)
            if "elastic" in self.names:
                maker = replace(self.elastic, engine=engine, name=f"{name}, elastic constants")
                found.add("elastic", maker.make(relax.output.structure))
        if "rdf" in self.names:
            md = engine.md(structure, self.md, run="rdf", seed=1)
            md.name = f"{name}, MD"
            found.add("md", md)
        if "voltage" in self.names and self.discharged_structure is not None:
            discharged = engine.relax(self.discharged_structure)
            discharged.name = f"{name}, relax with ions"
            found.add("discharged", discharged)
        return found


@dataclass
class Observed:
    """Jobs and what they give, by what it is.

    Parameters
    ----------
    jobs
        Jobs and flows.
    outputs
        References to their documents.
    """

    jobs: list[Job | Flow] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def add(self, what: str, job: Job | Flow) -> None:
        """Add a job or a flow.

        Parameters
        ----------
        what
            What it gives.
        job
            The job or flow.
        """
        self.jobs.append(job)
        self.outputs[what] = job.output
