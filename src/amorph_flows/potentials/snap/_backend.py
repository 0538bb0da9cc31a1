"""SNAP and quadratic SNAP as backends."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import ClassVar

from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import FrameSet
from amorph_flows.potentials.base import register
from amorph_flows.potentials.d_optimality import Gradients
from amorph_flows.potentials.in_process import NativeBackend
from amorph_flows.potentials.learned import Fit, require_settings
from amorph_flows.potentials.snap._fit import fit_snap
from amorph_flows.potentials.snap._lammps import SnapLammps
from amorph_flows.potentials.snap._potential import SnapBasis, SnapPotential, parse_snap
from amorph_flows.schemas.fits import FitSettings, SnapSettings
from amorph_flows.schemas.potential import PotentialDoc


@register
class SnapBackend(NativeBackend[SnapPotential]):
    """Linear in the bispectrum components; LAMMPS has the pair style."""

    name: ClassVar[str] = "snap"
    settings_type: ClassVar[type[FitSettings]] = SnapSettings
    parse = staticmethod(parse_snap)

    @override
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        """Fit a potential; one to start from gives its basis, which is then not searched."""
        model = require_settings(settings, SnapSettings)
        self.check()
        basis = None if start is None else parse_snap(start.files, "the potential to start from")
        found = fit_snap(training, model, validation.labelled(), basis)
        return Fit(
            files=found.potential.files(),
            species=list(found.potential.basis.species),
            n_parameters=found.potential.basis.n_parameters,
            cpu_seconds=found.cpu_seconds,
            history=found.history,
            ended=found.ended,
            reference_energies_ev=found.reference_energies_ev,
            versions={"lammps": version("lammps")},
        )

    @override
    def graded_by(
        self, files: dict[str, bytes], species: list[str]
    ) -> tuple[FloatArray, Gradients]:
        """Return constants and components; products are left out.

        An element has 496 terms with products and 31 without. Few training sets reach that many
        directions, and along one that they do not reach every new atom seems unlike them.
        """
        potential = self.potential(files)
        lammps = _instance(potential.basis)
        linear: FloatArray = potential.coefficients[:, : 1 + potential.basis.n_linear].ravel()
        return linear, lambda frame: lammps.atom_rows(frame.to_atoms())


@register
class QuadraticSnapBackend(SnapBackend):
    """With the products of two components as well."""

    name: ClassVar[str] = "qsnap"


@lru_cache(maxsize=4)
def _instance(basis: SnapBasis) -> SnapLammps:
    return SnapLammps(basis)
