"""Elastic constants of a glass or crystal by strain."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobflow import Flow, Maker
from pymatgen.core import Structure

from amorph_flows.analysis import strain_states
from amorph_flows.engines import AseEngine, Engine
from amorph_flows.errors import InputError
from amorph_flows.jobs.elastic import deform


@dataclass
class ElasticMaker(Maker):
    """Strain a structure component by component and fit the stress of its relaxed atoms.

    Christensen et al., J. Mater. Chem. A (2025), section 2.3.2 and Eqs. 3-6, with the steps that
    they used with density functional theory; with a potential they took 20 steps of 1e-4.

    Parameters
    ----------
    name
        Name of the flow.
    engine
        Where forces and stresses come from.
    step
        Smallest strain.
    n_steps
        Steps of elongation, and as many of compression, of each of the six components.
    relax_first
        Whether the atoms are relaxed before the first strain, in the cell as it is.
    relax_atoms
        Whether they relax in every strained cell too; without, the constants are those of
        clamped ions.

    Examples
    --------
    >>> flow = ElasticMaker(engine=AseEngine(calculator="CHGNet")).make(glass)
    """

    name: str = "elastic constants"
    engine: Engine = field(default_factory=AseEngine)
    step: float = 0.005
    n_steps: int = 1
    relax_first: bool = True
    relax_atoms: bool = True

    def check(self, structure: Structure) -> None:
        """Refuse settings from which no elastic constants could follow.

        Parameters
        ----------
        structure
            The glass.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or the engine cannot compute the structure's stress.
        """
        strain_states(self.step, self.n_steps)
        self.engine.check(structure)
        if not self.engine.has_stress:
            raise InputError(f"engine {self.engine.info().name} has no stress; use another engine")

    def make(self, structure: Structure) -> Flow:
        """Return the flow; its output is an `ElasticDoc`.

        Parameters
        ----------
        structure
            The glass, or a reference to it.

        Raises
        ------
        InputError
            If step or number of steps cannot be.
        """
        strain_states(self.step, self.n_steps)
        jobs = []
        if self.relax_first:
            relax = self.engine.relax(structure, relax_cell=False)
            relax.name = f"{self.name}: relax"
            jobs.append(relax)
            structure = relax.output.structure
        strained = deform(structure, self.engine, self.step, self.n_steps, self.relax_atoms)
        strained.name = f"{self.name}: strain"
        return Flow([*jobs, strained], output=strained.output, name=self.name)
