"""Start from a composition: atoms at random places, at a density, none too near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jobflow import Flow, Job, Maker
from pymatgen.core import Composition, Lattice, Structure

from amorph_flows.errors import InputError
from amorph_flows.jobs.fields import require_positive
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.random_structure import (
    DensityDoc,
    RandomStructureDoc,
    ScaledStructure,
)
from amorph_flows.structures import (
    IONIC_RADII_ERROR,
    CompositionLike,
    Mixture,
    composition_grid,
    density_from_crystals,
    density_from_radii,
    packed_lattice,
    pair_distances,
    random_packing,
    read_mixture,
    scaled_copies,
)

_DENSITIES = ("radii", "crystals")
_SEARCH_A = 6.0


@dataclass
class RandomStructureMaker(Maker):
    """Pack the atoms of a composition at random, as the start of a glass.

    Christensen et al., J. Mater. Chem. A (2025), section 2.2.1.

    Parameters
    ----------
    name
        Name of the jobs.
    n_atoms
        Wanted atoms; the nearest whole number of formula units is taken.
    density_g_cm3
        Density, g/cm³; None: from `density_from`.
    density_from
        ``"radii"``: ionic radii, offline; ``"crystals"``: the mean of all crystals of the
        composition, else of its elements, in the Materials Project (extra ``materials-project``
        and the key in ``MP_API_KEY``, where the job runs).
    min_distance_a
        Least distance of two atoms, Å: one, or by pair such as ``{"P-O": 1.4}`` and 1.7 Å else.
    oxidation_states
        Charge of each element; None: pymatgen's most likely ones.
    cell_shape
        Three row vectors of a cell of this shape, of any size; None: a cube.
    scales
        Side lengths of the copies, in units of those at the density; the paper has 0.8, 1.0, 1.2.
    seed
        Seed of the places.

    Examples
    --------
    >>> maker = RandomStructureMaker(n_atoms=1001, density_g_cm3=3.38)
    >>> maker.make({"Na2O": 0.25, "FeO": 0.5, "P2O5": 0.25}).output.structure
    """

    name: str = "random structure"
    n_atoms: int = 100
    density_g_cm3: float | None = None
    density_from: Literal["radii", "crystals"] = "radii"
    min_distance_a: float | dict[str, float] = 1.7
    oxidation_states: dict[str, float] | None = None
    cell_shape: list[list[float]] | None = None
    scales: tuple[float, ...] = (1.0,)
    seed: int = 0

    def check(self, composition: CompositionLike) -> None:
        """Refuse settings with which nothing could be packed, without packing.

        Parameters
        ----------
        composition
            Formula, mixture of formulas, composition or structure.

        Raises
        ------
        InputError
            If a field is out of its range or the composition cannot be.
        """
        if self.density_from not in _DENSITIES:
            raise InputError(f"density_from is {self.density_from!r}; give 'radii' or 'crystals'")
        if self.density_g_cm3 is not None:
            require_positive(density_g_cm3=self.density_g_cm3)
        scaled_copies(Structure([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [], []), self.scales)
        mixture = read_mixture(composition, self.oxidation_states)
        mixture.units_for(self.n_atoms)
        pair_distances([el.symbol for el in mixture.formula_unit], self.min_distance_a)
        self.lattice(composition)

    def lattice(self, composition: CompositionLike) -> Lattice | None:
        """Return the cell that will be packed; None where crystals are to give its density.

        Parameters
        ----------
        composition
            Formula, mixture of formulas, or composition.
        """
        mixture = read_mixture(composition, self.oxidation_states)
        density = self.density_g_cm3
        if density is None:
            if self.density_from != "radii":
                return None
            density = density_from_radii(mixture)
        return packed_lattice(mixture, mixture.units_for(self.n_atoms), density, self.cell_shape)

    def make(self, composition: CompositionLike, seed: int | None = None) -> Job:
        """Return the job; its output is a `RandomStructureDoc`.

        Parameters
        ----------
        composition
            Formula, mixture of formulas, or composition.
        seed
            Seed of the places; None: that of the Maker.
        """
        self.check(composition)
        job = pack(self, _plain(composition), self.seed if seed is None else seed)
        formula = read_mixture(composition, self.oxidation_states).formula
        job.name = f"{self.name} {formula}"
        return job

    def make_grid(self, components: list[str], step: float = 0.1) -> Flow:
        """Return a flow of jobs over a composition diagram; its output is a list of documents.

        Parameters
        ----------
        components
            Formulas at the corners, such as ``["NaO0.5", "FeO", "PO2.5"]``.
        step
            Step of the mole fractions; 0.1 with three components gives 66 compositions.
        """
        jobs = [
            self.make(mixture, seed_of(self.seed, *mixture.items()))
            for mixture in composition_grid(components, step)
        ]
        return Flow(jobs, output=[job.output for job in jobs], name=f"{self.name} grid")


@stage_job(RandomStructureDoc)
def pack(
    maker: RandomStructureMaker, composition: str | dict[str, float], seed: int
) -> RandomStructureDoc:
    """Return a random packing and its copies.

    Parameters
    ----------
    maker
        The settings.
    composition
        Formula or mixture of formulas.
    seed
        Seed of the places.

    Raises
    ------
    InputError
        If nothing can be packed so.
    """
    mixture = read_mixture(composition, maker.oxidation_states)
    density = _density(maker, mixture)
    packed = random_packing(
        mixture,
        maker.n_atoms,
        density_g_cm3=density.g_cm3,
        min_distance_a=maker.min_distance_a,
        seed=seed,
        cell_shape=maker.cell_shape,
    )
    symbols = [el.symbol for el in mixture.formula_unit]
    limits = pair_distances(symbols, maker.min_distance_a)
    return RandomStructureDoc(
        composition=mixture.formula,
        charges={el.symbol: charge for el, charge in mixture.charges.items()},
        n_atoms=len(packed),
        n_formula_units=packed.properties["n_formula_units"],
        n_atoms_asked=maker.n_atoms,
        density=density,
        min_distance_a={
            f"{a}-{b}": float(limits[i, i + j])
            for i, a in enumerate(symbols)
            for j, b in enumerate(symbols[i:])
        },
        seed=seed,
        structure=packed,
        samples=[
            _sample(scale, copy)
            for scale, copy in zip(maker.scales, scaled_copies(packed, maker.scales), strict=True)
        ],
    )


def _density(maker: RandomStructureMaker, mixture: Mixture) -> DensityDoc:
    if maker.density_g_cm3 is not None:
        return DensityDoc(g_cm3=maker.density_g_cm3, source="given", deviation_g_cm3=None)
    if maker.density_from == "radii":
        found = density_from_radii(mixture)
        error = IONIC_RADII_ERROR * found
        return DensityDoc(g_cm3=found, source="radii", deviation_g_cm3=error)
    crystals = density_from_crystals(mixture)
    return DensityDoc(
        g_cm3=crystals.density_g_cm3,
        source=f"crystals of the {crystals.same}",
        deviation_g_cm3=crystals.deviation_g_cm3,
        material_ids=list(crystals.material_ids),
    )


def _sample(scale: float, structure: Structure) -> ScaledStructure:
    lengths = structure.get_neighbor_list(_SEARCH_A, exclude_self=True)[3]
    return ScaledStructure(
        scale=scale,
        density_g_cm3=float(structure.density),
        shortest_distance_a=float(lengths.min()) if len(lengths) else None,
        structure=structure,
    )


def _plain(composition: CompositionLike) -> str | dict[str, float]:
    """Return a composition as a stored job holds it."""
    if isinstance(composition, Structure):
        composition = composition.composition
    if isinstance(composition, Composition):
        return str(composition.element_composition.reduced_formula)
    return composition if isinstance(composition, str) else dict(composition)
