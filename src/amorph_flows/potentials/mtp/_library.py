"""The compiled kernel, loaded through its C interface."""

from __future__ import annotations

import ctypes
import weakref
from functools import cache
from pathlib import Path

import numpy as np

from amorph_flows.arrays import FloatArray, Int32Array
from amorph_flows.errors import CalculationError
from amorph_flows.potentials.compiled.library import shared_library
from amorph_flows.potentials.mtp._file import MTPPotential

CPP = Path(__file__).parent / "cpp"
_SOURCES = ("kernel.cpp", "gradient.cpp", "training.cpp", "neighbours.cpp", "library.cpp")

_doubles = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
_ints = np.ctypeslib.ndpointer(np.int32, flags="C_CONTIGUOUS")
_int, _double, _pointer = ctypes.c_int, ctypes.c_double, ctypes.c_void_p

_SIGNATURES = {
    "potential": (_pointer, [_int] * 7 + [_double] * 3 + [_doubles] + [_ints] * 3 + [_doubles] * 2),
    "potential_free": (None, [_pointer]),
    "calculator": (_pointer, [_pointer, _double]),
    "calculator_free": (None, [_pointer]),
    "compute": (
        _int,
        [_pointer, _int, _doubles, _doubles, _ints, _ints, _doubles, _doubles, _doubles],
    ),
    "training": (_pointer, [_pointer, _int]),
    "training_free": (None, [_pointer]),
    "training_add": (_int, [_pointer, _int, _doubles, _doubles, _ints, _ints]),
    "training_set": (None, [_pointer, _doubles]),
    "training_evaluate": (_int, [_pointer, _int, _ints, _doubles, _doubles, _doubles]),
    "training_pull_back": (
        _int,
        [_pointer, _int, _ints, _doubles, _doubles, _doubles, _int, _doubles],
    ),
    "training_basis_rows": (_int, [_pointer, _int, _doubles]),
    "training_atom_gradients": (_int, [_pointer, _int, _doubles]),
    "width": (_int, []),
    "error": (ctypes.c_char_p, []),
}


@cache
def load(*, native: bool = True) -> ctypes.CDLL:
    """Load the kernel, compiled on first use.

    Parameters
    ----------
    native
        Whether it uses every instruction of this CPU.

    Returns
    -------
    ctypes.CDLL
        The library with typed functions.
    """
    path = shared_library(
        "mtp", [CPP / source for source in _SOURCES], flags=("-pthread",), native=native
    )
    library = ctypes.CDLL(str(path))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, f"amorph_mtp_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def check(library: ctypes.CDLL, status: int) -> None:
    """Raise the kernel's error, if there was one.

    Raises
    ------
    CalculationError
        With the kernel's message.
    """
    if status:
        raise CalculationError(f"MTP kernel: {library.amorph_mtp_error().decode()}")


class PotentialHandle:
    """The kernel's copy of a potential, freed with this object.

    Parameters
    ----------
    potential
        The potential.
    native
        Whether the kernel uses every instruction of this CPU.
    """

    def __init__(self, potential: MTPPotential, *, native: bool = True) -> None:
        self.library = load(native=native)
        n_species, _, n_functions, n_chebyshev = potential.radial_coeffs.shape
        self.pointer = self.library.amorph_mtp_potential(
            n_species,
            n_functions,
            n_chebyshev,
            potential.n_moments,
            len(potential.index_basic),
            len(potential.index_times),
            len(potential.scalar_moments),
            potential.scaling,
            potential.min_distance,
            potential.cutoff,
            np.ascontiguousarray(potential.radial_coeffs, dtype=np.float64),
            np.ascontiguousarray(potential.index_basic, dtype=np.int32),
            np.ascontiguousarray(potential.index_times, dtype=np.int32),
            np.ascontiguousarray(potential.scalar_moments, dtype=np.int32),
            np.ascontiguousarray(potential.species_coeffs, dtype=np.float64),
            np.ascontiguousarray(potential.moment_coeffs, dtype=np.float64),
        )
        weakref.finalize(self, self.library.amorph_mtp_potential_free, self.pointer)


class KernelCalculator:
    """Energies, forces and virials of one structure after another.

    Parameters
    ----------
    potential
        The potential.
    skin
        The neighbour list is kept until an atom has moved half of this, Å.
    native
        Whether the kernel uses every instruction of this CPU.
    """

    def __init__(self, potential: MTPPotential, *, skin: float = 0.5, native: bool = True) -> None:
        handle = PotentialHandle(potential, native=native)
        self.library = handle.library
        self.pointer = self.library.amorph_mtp_calculator(handle.pointer, skin)
        weakref.finalize(self, self.library.amorph_mtp_calculator_free, self.pointer)

    def compute(
        self, positions: FloatArray, cell: FloatArray, periodic: Int32Array, species: Int32Array
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Compute one structure.

        Parameters
        ----------
        positions
            Å, shape ``(n, 3)``.
        cell
            Row vectors with a volume, Å; a direction without periodicity needs a vector too.
        periodic
            Whether each cell vector is periodic, shape ``(3,)``.
        species
            Species numbers, shape ``(n,)``.

        Returns
        -------
        tuple
            Energy of each atom (eV), forces (eV/Å), derivative of the energy with respect to
            the strain (eV, Voigt order).

        Raises
        ------
        CalculationError
            If the cell has no volume or a position is not finite.
        """
        n = len(positions)
        energies, forces, virial = np.empty(n), np.empty((n, 3)), np.empty(6)
        arguments = (np.ascontiguousarray(a) for a in (positions, cell, periodic, species))
        status = self.library.amorph_mtp_compute(
            self.pointer, n, *arguments, energies, forces, virial
        )
        check(self.library, status)
        return energies, forces, virial
