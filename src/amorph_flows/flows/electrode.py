"""The whole study: from a crystal to the voltage and transport of its amorphous form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from jobflow import Flow, Maker
from pymatgen.core import Structure

from amorph_flows.engines import AseEngine, Engine
from amorph_flows.flows.active_learning import ActiveLearningMaker
from amorph_flows.flows.checks import check_study
from amorph_flows.flows.electrode_stages import ElectrodeStages
from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.flows.voltage import VoltageMaker
from amorph_flows.jobs.insertion import IonInsertionMaker
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.jobs.sampling import SamplingMaker
from amorph_flows.schemas.study import Shortening
from amorph_flows.structures import parse_ion, supercell_near


@dataclass
class AmorphousElectrodeMaker(Maker):
    """Melt-quench, insertion, potential, active learning, production, voltage and transport.

    Every stage is a Maker in a field of its own and can be replaced. The fields hold the
    published protocol (Choyal et al., Small 2025) by default; `from_preset` gives others.

    Parameters
    ----------
    name
        Name of the flow.
    preset
        Name of the preset that the settings came from, for the record.
    ion
        The ion that is inserted, such as ``"Mg2+"``.
    ions_per_formula
        Ions for each reduced formula of the host.
    engine
        Where energies and forces come from; given to every stage that computes some.
    cell_lengths_a
        Lengths of the cell that is molten, Å; mapped to the axes of the given crystal.
    melt_quench, sampling, insertion, fit, active_learning, mtp_sampling, production, voltage
        The stages. ``sampling`` is engine MD with ions; ``mtp_sampling`` is MD with the potential
        in the cell that engine MD uses, ``production`` in a larger one.
    insertion_temperatures_k
        Branches that take up ions, K.
    production_temperatures_k
        Temperatures of production, K; one without a branch of its own starts from the structure
        of the nearest lower branch.

    Examples
    --------
    >>> from amorph_flows.structures import v2o5
    >>> flow = AmorphousElectrodeMaker.from_preset("demo").make(v2o5())
    """

    name: str = "amorphous electrode"
    preset: str = "choyal2025"
    ion: str = "Mg2+"
    ions_per_formula: float = 1.0
    engine: Engine = field(default_factory=AseEngine)
    cell_lengths_a: tuple[float, float, float] = (11.5, 8.8, 10.8)
    melt_quench: MeltQuenchMaker = field(default_factory=MeltQuenchMaker)
    insertion: IonInsertionMaker = field(default_factory=IonInsertionMaker)
    insertion_temperatures_k: tuple[float, ...] = (300.0, 600.0, 900.0, 1200.0)
    sampling: SamplingMaker = field(default_factory=SamplingMaker)
    fit: FitPotentialMaker = field(default_factory=FitPotentialMaker)
    active_learning: ActiveLearningMaker = field(default_factory=ActiveLearningMaker)
    mtp_sampling: ProductionMDMaker = field(
        default_factory=lambda: ProductionMDMaker(
            name="MTP sampling", supercell=(1, 1, 1), production_fs=20_000.0, frame_stride=50
        )
    )
    production: ProductionMDMaker = field(default_factory=ProductionMDMaker)
    production_temperatures_k: tuple[float, ...] = (300.0, 600.0, 900.0, 1000.0, 1200.0)
    voltage: VoltageMaker = field(default_factory=VoltageMaker)

    @classmethod
    def presets(cls) -> list[str]:
        """Return the names that `from_preset` knows."""
        from amorph_flows.flows.presets import PRESETS

        return sorted(PRESETS)

    @classmethod
    def from_preset(cls, name: str) -> Self:
        """Return the Maker of a preset: ``"choyal2025"`` or ``"demo"``.

        Parameters
        ----------
        name
            Name of the preset.

        Raises
        ------
        InputError
            If there is no such preset; the message names the nearest one.
        """
        from amorph_flows.flows.presets import preset_fields

        return cls(**preset_fields(name))

    def check(self, structure: Structure, discharged_structure: Structure | None = None) -> None:
        """Refuse what cannot be right, before anything is computed.

        Parameters
        ----------
        structure
            The crystal without ions.
        discharged_structure
            The crystal with ions.

        Raises
        ------
        InputError, MissingDependencyError
            What is wrong, its value and what to do.
        """
        check_study(self, structure, discharged_structure)

    def make(self, structure: Structure, discharged_structure: Structure | None = None) -> Flow:
        """Return the flow; its output is a `StudyDoc`.

        Parameters
        ----------
        structure
            The crystal without ions.
        discharged_structure
            The crystal with ions; None takes the best Ewald occupation of the crystal's voids.
        """
        self.check(structure, discharged_structure)
        maker = self._with_engine()
        host = supercell_near(structure, self.cell_lengths_a)
        return ElectrodeStages(maker, structure, discharged_structure, host).flow()

    def shortenings(self) -> list[Shortening]:
        """Return each way in which the study is smaller than the published protocol."""
        from amorph_flows.flows.presets import shortenings

        return shortenings(self)

    def _with_engine(self) -> Self:
        """Return a copy whose stages all use this Maker's engine."""
        quench = replace(
            self.melt_quench,
            engine=self.engine,
            branch=replace(self.melt_quench.branch, engine=self.engine),
        )
        return replace(
            self,
            ion=str(parse_ion(self.ion)),
            melt_quench=quench,
            sampling=replace(self.sampling, engine=self.engine),
            active_learning=replace(self.active_learning, engine=self.engine, fit=self.fit),
            voltage=replace(self.voltage, engine=self.engine, insertion=self.insertion),
        )
