"""GPAW as an ASE calculator, with settings made for disordered oxides."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import CalculationFailed, Calculator, SCFError, all_changes
from typing_extensions import override

from amorph_flows.calculators.gpaw._open_shells import starting_moments
from amorph_flows.calculators.gpaw._process import GPAWProcess, find_gpaw
from amorph_flows.errors import InputError

_PULAY = {"backend": "pulay", "beta": 0.1, "nmaxold": 5, "weight": 50}


class GPAWCalculator(Calculator):
    """Plane-wave density functional theory by GPAW, in a process of its own.

    Energies are free energies of the smeared electrons: forces are their derivatives. There is
    no stress, because that of a plane-wave basis of this size is wrong (Pulay stress). GPAW's
    log is ``gpaw.txt`` in the current folder. Wave functions are kept from one configuration to
    the next while no atom moves farther than 0.3 Å, as in molecular dynamics.

    Parameters
    ----------
    cutoff_ev
        Of the plane waves, eV.
    xc
        The functional, such as ``"PBE"``, of which there are PAW datasets.
    kpoint_density
        Points of the Monkhorst-Pack mesh times Å: along a reciprocal lattice vector of length b,
        1/Å with its 2π, there are at least ``kpoint_density * b``.
    smearing_ev
        Width of the Fermi-Dirac distribution, eV.
    hubbard_u_ev
        U of the d electrons by element, eV. It is the same for every structure, because energies
        with and without U cannot be compared.
    moments
        Magnetic moments to start from by element, μB, ferromagnetic; with none that is not zero
        the calculation is not spin-polarised. None: those of `starting_moments`, which are zero
        where the composition has closed d shells.
    density_tolerance
        The cycle ends when the density changes by less, electrons per valence electron.
    max_iterations
        A cycle that takes more has not converged, and the label fails.
    options
        More arguments of `gpaw.GPAW`; they win over those that follow from the others.

    Raises
    ------
    InputError
        If a setting is out of its range.

    Examples
    --------
    >>> engine = AseEngine(calculator="GPAW", calculator_kwargs={"cutoff_ev": 500.0})
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "magmoms"]

    def __init__(
        self,
        *,
        cutoff_ev: float = 400.0,
        xc: str = "PBE",
        kpoint_density: float = 1.0,
        smearing_ev: float = 0.1,
        hubbard_u_ev: dict[str, float] | None = None,
        moments: dict[str, float] | None = None,
        density_tolerance: float = 1e-3,
        max_iterations: int = 200,
        options: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        _check_positive(
            cutoff_ev=cutoff_ev,
            kpoint_density=kpoint_density,
            smearing_ev=smearing_ev,
            density_tolerance=density_tolerance,
            max_iterations=max_iterations,
        )
        u = {"V": 3.1} if hubbard_u_ev is None else hubbard_u_ev
        self._moments = moments
        self.u = {element: f":d,{value}" for element, value in u.items() if value}
        self.settings: dict[str, Any] = {
            "mode": {"name": "pw", "ecut": cutoff_ev},
            "xc": xc,
            "kpts": {"density": kpoint_density},
            "symmetry": {"point_group": False},
            "occupations": {"name": "fermi-dirac", "width": smearing_ev},
            "convergence": {"density": density_tolerance},
            "maxiter": max_iterations,
        }
        self._options = options or {}
        self._process = GPAWProcess()

    @override
    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute the free energy, eV, forces, eV/Å, and moments, µB, where spins are polarised.

        A cycle that does not converge raises an `SCFError`, any other failure of GPAW or the end of
        its process a `CalculationFailed`.
        """
        super().calculate(atoms, properties, system_changes)
        reply = self._process.ask(self.request(self.atoms))
        if "error" in reply:
            raise _failure(reply, self.settings["maxiter"])
        energy = reply["energy"]
        self.results = {
            "energy": energy,
            "free_energy": energy,
            "forces": np.array(reply["forces"]),
        }
        if reply["magmoms"] is not None:
            self.results["magmoms"] = np.array(reply["magmoms"])

    def request(self, atoms: Atoms) -> dict[str, Any]:
        """Return what GPAW is asked about a configuration.

        Parameters
        ----------
        atoms
            Periodic in three directions.
        """
        symbols = atoms.get_chemical_symbols()
        moments = self._starting_moments(symbols)
        chosen = {
            "spinpol": moments is not None,
            "mixer": _PULAY if moments is None else {**_PULAY, "method": "difference"},
            "setups": {element: u for element, u in self.u.items() if element in symbols},
        }
        return {
            "settings": {**self.settings, **chosen, **self._options},
            "numbers": atoms.numbers.tolist(),
            "positions": atoms.positions.tolist(),
            "cell": atoms.cell.tolist(),
            "moments": moments,
        }

    def _starting_moments(self, symbols: list[str]) -> list[float] | None:
        if self._moments is None:
            return starting_moments(symbols)
        moments = [self._moments.get(symbol, 0.0) for symbol in symbols]
        return moments if any(moments) else None

    def close(self) -> None:
        """End GPAW's process; the next configuration starts another."""
        self._process.close()


def gpaw_identity(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what changes GPAW's numbers besides its version: settings and PAW datasets.

    Parameters
    ----------
    settings
        Arguments of `GPAWCalculator`.
    """
    resolved = GPAWCalculator(**settings)
    ending = f".{resolved.settings['xc']}.gz"
    datasets = find_gpaw().datasets
    return {
        "settings": resolved.settings,
        "mixer": _PULAY,
        "u": resolved.u,
        "datasets": {name: size for name, size in datasets.items() if name.endswith(ending)},
    }


def _failure(reply: dict[str, Any], max_iterations: int) -> Exception:
    """Return the error of a reply that has one; GPAW's own says no more than its name."""
    if reply["error"] == "KohnShamConvergenceError":
        return SCFError(
            f"the self-consistency cycle did not converge in {max_iterations} iterations; see "
            "gpaw.txt"
        )
    return CalculationFailed(f"GPAW: {reply['error']}: {reply['message']}")


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise InputError(f"{name} is {value:g}; give more than 0")
