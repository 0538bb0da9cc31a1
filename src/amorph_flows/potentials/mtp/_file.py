"""The moment tensor potential and its MLIP-2 ``.mtp`` file (format 1.1.0)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from amorph_flows.arrays import FloatArray, Int32Array
from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp._parse import MTPText, text_of


@dataclass(frozen=True)
class MTPPotential:
    """A moment tensor potential: the moment graph and its coefficients.

    The energy of atom i is ``species_coeffs[z_i] + sum_a moment_coeffs[a] B_a``; the basis
    functions ``B_a`` are contractions of the moments
    ``M_{mu,nu} = sum_j f_mu(r_ij, z_i, z_j) u_ij^(x nu)`` (Novikov et al., Mach. Learn.: Sci.
    Technol. 2 (2021) 025002, equations 2 to 6).

    Parameters
    ----------
    scaling
        Factor of the radial functions.
    min_distance, cutoff
        Range of the Chebyshev polynomials, Å; beyond ``cutoff`` atoms do not interact.
    radial_coeffs
        Shape ``(n_species, n_species, n_radial_functions, n_chebyshev)``.
    index_basic
        ``(mu, x, y, z)`` of each basic moment, shape ``(n_basic, 4)``.
    index_times
        Rows ``(a, b, m, c)``: moment c gains m times moment a times moment b.
    n_moments
        Number of moments, basic ones first.
    scalar_moments
        The moments that are basis functions ``B_a``.
    species_coeffs, moment_coeffs
        Linear coefficients, eV.
    species
        Element symbols in the order of the species numbers; the file does not hold them.
    name, tag, version
        Texts of the file's head.
    """

    scaling: float
    min_distance: float
    cutoff: float
    radial_coeffs: FloatArray
    index_basic: Int32Array
    index_times: Int32Array
    n_moments: int
    scalar_moments: Int32Array
    species_coeffs: FloatArray
    moment_coeffs: FloatArray
    species: tuple[str, ...] = ()
    name: str = "MTP"
    tag: str = ""
    version: str = "1.1.0"

    def __post_init__(self) -> None:
        if not 0.0 <= self.min_distance < self.cutoff:
            raise InputError(
                f"minimum distance {self.min_distance} and cutoff {self.cutoff} Å: "
                "0 <= minimum distance < cutoff is needed"
            )
        if self.species and len(self.species) != self.n_species:
            raise InputError(
                f"{len(self.species)} species given ({', '.join(self.species)}) for a potential "
                f"of {self.n_species}; name one element for each species number"
            )
        if len(set(self.species)) != len(self.species):
            raise InputError(f"species {', '.join(self.species)} name an element twice")

    @property
    def n_species(self) -> int:
        """Number of species."""
        return len(self.species_coeffs)

    @property
    def n_parameters(self) -> int:
        """Number of fitted coefficients: moment, species and radial ones."""
        return len(self.moment_coeffs) + self.n_species + self.radial_coeffs.size

    @property
    def parameters(self) -> FloatArray:
        """All coefficients in one vector: moment, species, radial ones."""
        parts = (self.moment_coeffs, self.species_coeffs, self.radial_coeffs.ravel())
        return np.concatenate(parts)

    def with_parameters(self, parameters: FloatArray) -> MTPPotential:
        """Return this potential with other coefficients.

        Parameters
        ----------
        parameters
            All of them, in the order of `parameters`.
        """
        n, m = len(self.moment_coeffs), self.n_species
        return replace(
            self,
            moment_coeffs=parameters[:n].copy(),
            species_coeffs=parameters[n : n + m].copy(),
            radial_coeffs=parameters[n + m :].reshape(self.radial_coeffs.shape).copy(),
        )

    def text(self) -> str:
        """Give the contents of the ``.mtp`` file; 17 digits keep every bit of the numbers."""
        n_functions, n_chebyshev = self.radial_coeffs.shape[2:]
        lines = [
            "MTP",
            f"version = {self.version}",
            f"potential_name = {self.name}",
            f"scaling = {self.scaling:.16e}",
            f"species_count = {self.n_species}",
            f"potential_tag = {self.tag}",
            "radial_basis_type = RBChebyshev",
            f"\tmin_dist = {self.min_distance:.16e}",
            f"\tmax_dist = {self.cutoff:.16e}",
            f"\tradial_basis_size = {n_chebyshev}",
            f"\tradial_funcs_count = {n_functions}",
            "\tradial_coeffs",
        ]
        for first in range(self.n_species):
            for second in range(self.n_species):
                lines.append(f"\t\t{first}-{second}")
                lines += [f"\t\t\t{_floats(row)}" for row in self.radial_coeffs[first, second]]
        lines += [
            f"alpha_moments_count = {self.n_moments}",
            f"alpha_index_basic_count = {len(self.index_basic)}",
            f"alpha_index_basic = {_rows(self.index_basic)}",
            f"alpha_index_times_count = {len(self.index_times)}",
            f"alpha_index_times = {_rows(self.index_times)}",
            f"alpha_scalar_moments = {len(self.scalar_moments)}",
            f"alpha_moment_mapping = {_integers(self.scalar_moments)}",
            f"species_coeffs = {_floats(self.species_coeffs)}",
            f"moment_coeffs = {_floats(self.moment_coeffs)}",
        ]
        return "\n".join(lines)

    def write(self, path: str | Path) -> Path:
        """Write the ``.mtp`` file.

        Parameters
        ----------
        path
            Where to write.

        Returns
        -------
        Path
            The same path.
        """
        path = Path(path)
        path.write_text(self.text(), encoding="utf-8")
        return path


def read_mtp(path: str | Path, species: tuple[str, ...] | list[str] = ()) -> MTPPotential:
    """Read an MLIP-2 ``.mtp`` file.

    Parameters
    ----------
    path
        The file, as MLIP-2 or motep write it.
    species
        Element symbols in the order of the species numbers, which the file does not hold.

    Returns
    -------
    MTPPotential
        The potential.

    Raises
    ------
    InputError
        If the file is absent, truncated or no ``.mtp`` file; the message names file and line.
    """
    return parse_mtp(text_of(path, "an .mtp file"), str(path), species)


def parse_mtp(
    text: str, source: str = "MTP text", species: tuple[str, ...] | list[str] = ()
) -> MTPPotential:
    """Read the contents of an ``.mtp`` file.

    Parameters
    ----------
    text
        The contents.
    source
        What to call it in errors.
    species
        Element symbols in the order of the species numbers.

    Returns
    -------
    MTPPotential
        The potential.

    Raises
    ------
    InputError
        If the text is truncated or no ``.mtp`` file.
    """
    file = MTPText(text, source)
    n_species = file.count("species_count")
    minimum, cutoff = file.number("min_dist", "min"), file.number("max_dist", "max")
    if not 0.0 <= minimum < cutoff:
        file.fail(f"min_dist {minimum} must be 0 or more and below max_dist {cutoff}")
    n_chebyshev = file.count("radial_basis_size", "size")
    shape = (n_species, n_species, file.count("radial_funcs_count"), n_chebyshev)
    n_moments = file.count("alpha_moments_count")
    n_basic = file.count("alpha_index_basic_count")
    basic = file.rows("alpha_index_basic", n_basic, [shape[2], *[64] * 3])
    n_times = file.count("alpha_index_times_count", minimum=0)
    times = file.rows("alpha_index_times", n_times, [n_moments, n_moments, 1 << 30, n_moments])
    if np.any(times[:, :2].max(axis=1, initial=0) >= times[:, 3]) or np.any(times[:, 3] < n_basic):
        file.fail("a product uses a moment that is not computed before it", "alpha_index_times")
    scalars = file.integers("alpha_moment_mapping", file.count("alpha_scalar_moments"), n_moments)
    return MTPPotential(
        scaling=file.number("scaling"),
        min_distance=minimum,
        cutoff=cutoff,
        radial_coeffs=file.radial_coeffs(shape),
        index_basic=basic,
        index_times=times,
        n_moments=n_moments,
        scalar_moments=scalars,
        species_coeffs=file.floats("species_coeffs", n_species),
        moment_coeffs=file.floats("moment_coeffs", len(scalars)),
        species=tuple(species),
        name=file.text("potential_name"),
        tag=file.text("potential_tag"),
        version=file.text("version"),
    )


def _floats(values: FloatArray) -> str:
    return "{" + ", ".join(f"{value:.16e}" for value in values) + "}"


def _integers(values: Int32Array) -> str:
    return "{" + ", ".join(str(value) for value in values) + "}"


def _rows(rows: Int32Array) -> str:
    return "{" + ", ".join(_integers(row) for row in rows) + "}"
