"""ASE's thermostat and barostats with targets that can change and a state that can be stored."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np
from ase import Atoms, units
from ase.md.md import MolecularDynamics
from ase.md.nose_hoover_chain import MTKNPT, IsotropicMTKNPT, MaskedMTKNPT, NoseHooverChainNVT

from amorph_flows.arrays import FloatArray

_THERMOSTAT = ("_thermostat._eta", "_thermostat._p_eta")
_BAROSTAT = (*_THERMOSTAT, "_barostat._xi", "_barostat._p_xi")
_STATE: dict[type[MolecularDynamics], tuple[str, ...]] = {
    NoseHooverChainNVT: _THERMOSTAT,
    IsotropicMTKNPT: (*_BAROSTAT, "_eps", "_p_eps"),
    MTKNPT: (*_BAROSTAT, "_h", "_p_g"),
    MaskedMTKNPT: (*_BAROSTAT, "_h", "_p_c"),
}


def barostat(
    atoms: Atoms,
    time_step: float,
    coupling: str,
    temperature_k: float,
    thermostat_damping: float,
    barostat_damping: float,
) -> MolecularDynamics:
    """Return dynamics by Martyna, Tobias and Klein, at zero pressure until targets are set.

    Parameters
    ----------
    atoms
        With velocities and a calculator.
    time_step
        In ASE's unit of time.
    coupling
        ``"isotropic"``, ``"axes"`` (cell vectors at right angles) or ``"triclinic"``.
    temperature_k
        Temperature that gives the cell its mass, K.
    thermostat_damping, barostat_damping
        Damping times in ASE's unit of time.
    """
    settings: dict[str, Any] = {
        "temperature_K": temperature_k,
        "pressure_au": 0.0,
        "tdamp": thermostat_damping,
        "pdamp": barostat_damping,
    }
    if coupling == "isotropic":
        return IsotropicMTKNPT(atoms, time_step, **settings)
    if coupling == "axes":
        return MaskedMTKNPT(atoms, time_step, mask=(True, True, True), **settings)
    dynamics = MTKNPT(atoms, time_step, **settings)
    # ASE counts 9 degrees of freedom; the strain rate is symmetric and has 6
    held = dynamics._barostat
    held._R[0] *= 6 / held._cell_dof
    held._cell_dof = 6
    return dynamics


class Controls:
    """Targets and state of ASE's dynamics, which take one temperature and pressure for life.

    Both are in the private thermostat and barostat inside of them. Dynamics of constant energy
    have neither: setting targets does nothing, and the state is empty.

    Parameters
    ----------
    dynamics
        New dynamics, at rest: no step has been made.
    """

    def __init__(self, dynamics: MolecularDynamics) -> None:
        self._dynamics = dynamics
        self._names = _STATE.get(type(dynamics), ())
        chains = {"_thermostat": "_Q", "_barostat": "_R"}
        self._mass_times = {
            owner: (
                masses,
                getattr(getattr(dynamics, owner), masses) / getattr(dynamics, owner)._kT,
            )
            for owner, masses in chains.items()
            if hasattr(dynamics, owner)
        }

    def set_targets(self, temperature_k: float, pressure_gpa: float = 0.0) -> None:
        """Set temperature and pressure from the next step on; the mass of the cell stays.

        Parameters
        ----------
        temperature_k
            The temperature, K.
        pressure_gpa
            The pressure, GPa.
        """
        # ASE counts 3N degrees of freedom; the centre of mass takes none of them here
        n = len(self._dynamics.atoms)
        shares = {"_thermostat": max(n - 1, 1) / n, "_barostat": 1.0}
        for owner, (masses, mass_time) in self._mass_times.items():
            kt = units.kB * temperature_k * shares[owner]
            chain = getattr(self._dynamics, owner)
            # from the same factor each time, so that a run that was resumed has the same digits
            setattr(chain, masses, mass_time * kt)
            chain._kT = kt
        if "_barostat" in self._mass_times:
            self._dynamics._pressure_au = pressure_gpa * units.GPa

    @property
    def state(self) -> FloatArray:
        """All that a run goes on with besides positions and momenta of atoms, shape ``(n,)``."""
        held = [np.ravel(attrgetter(name)(self._dynamics)) for name in self._names]
        return np.concatenate([np.empty(0), *held])

    @state.setter
    def state(self, state: FloatArray) -> None:
        begin = 0
        for name in self._names:
            owner, _, attribute = f"_dynamics.{name}".rpartition(".")
            shape = np.shape(attrgetter(name)(self._dynamics))
            end = begin + int(np.prod(shape))
            value = state[begin:end].reshape(shape)
            setattr(attrgetter(owner)(self), attribute, value.copy() if shape else float(value))
            begin = end
        if "_barostat" in self._mass_times:
            self._dynamics._update_atoms()
