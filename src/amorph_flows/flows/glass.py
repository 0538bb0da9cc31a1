"""What glasses that were made alike are like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, get_args

from jobflow import Flow, Maker, OutputReference
from pymatgen.core import Structure

from amorph_flows.analysis import read_curve
from amorph_flows.analysis.structure._persistence import require_gudhi
from amorph_flows.errors import InputError
from amorph_flows.jobs.glass import combine_glass_structures, describe_glass
from amorph_flows.schemas.glass import GlassAnalysis, MeasuredCurve, Radiation
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.structures.ions import network_of, parse_ion
from amorph_flows.upstream.jobflow import without_what_failed

Glass: TypeAlias = Structure | TrajectoryDoc | OutputReference


@dataclass
class GlassStructureMaker(Maker):
    """Describe the structure of each of several glasses, and what they have in common.

    Density, RDFs with the first shells, coordination, angles, Qn and kinds of anions, linkages,
    neutron and X-ray S(Q) with the first sharp diffraction peak, Guttman's, King's and primitive
    rings with their shapes, Voronoi volumes and voids, and persistence diagrams if asked for: of
    each glass a `GlassDoc`, of all of them one document with means and standard deviations.

    Parameters
    ----------
    name
        Name of the flow.
    former, others, anion
        Of the network: one cation whose Qn are counted, the other cations that rings run through,
        and the anion that links them. None: what `amorph_flows.structures.ions.network_of`
        takes from the elements.
    ion
        What the voids are to have room for, such as ``"Na+"``, with its own atoms taken out;
        None: a sphere of 1 Å among all atoms.
    analysis
        Cutoffs, ranges and numbers of frames.
    measured
        Files of two columns, Q in 1/Å and S, by ``"neutron"`` and ``"xray"``.

    Examples
    --------
    >>> glasses = GlassMaker().make("NaFePO4")
    >>> structure = GlassStructureMaker(ion="Na+").make(glasses.output["glasses"])
    >>> flow = Flow([glasses, structure], output=structure.output)
    """

    name: str = "glass structure"
    former: str | None = None
    others: Sequence[str] | None = None
    anion: str | None = None
    ion: str | None = None
    analysis: GlassAnalysis = field(default_factory=GlassAnalysis)
    measured: dict[str, str] = field(default_factory=dict)

    def check(self, structure: Structure | None = None) -> None:
        """Refuse settings with which no glass could be described, before any is made.

        Parameters
        ----------
        structure
            A glass, or a structure of the same elements; None: not known yet.

        Raises
        ------
        InputError
            If an element is not there, the ion is unknown, or a measured curve cannot be read.
        MissingDependencyError
            If persistence diagrams are asked for and gudhi is not installed.
        """
        self.curves()
        if self.analysis.diagrams:
            require_gudhi()
        ion = None if self.ion is None else parse_ion(self.ion).symbol
        if structure is None:
            return
        symbols = [element.symbol for element in structure.composition.elements]
        network_of(symbols, self.former, self.others, self.anion)
        if ion is not None and ion not in symbols:
            raise InputError(f"ion is {self.ion!r}, but the glass has {', '.join(symbols)}")

    def make(self, glasses: Sequence[Glass]) -> Flow:
        """Return the flow; its output is a `GlassStructureDoc`.

        Parameters
        ----------
        glasses
            Structures, or runs (`TrajectoryDoc`) whose frames are averaged over, or references.

        Raises
        ------
        InputError
            As `check`, or if there is no glass.
        """
        if not glasses:
            raise InputError("there is no glass to describe; give at least one")
        for glass in glasses:
            self.check(glass if isinstance(glass, Structure) else None)
        jobs = []
        for number, glass in enumerate(glasses, start=1):
            job = describe_glass(
                glass, self.former, self.others, self.anion, self.ion, self.analysis
            )
            job.name = f"{self.name}: glass {number}"
            jobs.append(job)
        combined = combine_glass_structures([job.output for job in jobs], self.curves())
        combined.name = f"{self.name}: all glasses"
        without_what_failed(combined)
        return Flow([*jobs, combined], output=combined.output, name=self.name)

    def curves(self) -> list[MeasuredCurve]:
        """Return the measured curves.

        Raises
        ------
        InputError
            If a radiation is unknown or a file does not have two columns.
        """
        for radiation in self.measured:
            if radiation not in get_args(Radiation):
                raise InputError(f"measured names {radiation!r}; give 'neutron' or 'xray'")
        return [
            MeasuredCurve.model_validate(
                {"radiation": radiation, "source": path, "curve": read_curve(path)}
            )
            for radiation, path in self.measured.items()
        ]
