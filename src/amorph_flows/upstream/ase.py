"""ASE's thermostat with a temperature that can change and a state that can be stored."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from ase import units
from ase.md.nose_hoover_chain import NoseHooverChainNVT


class NoseHooverRamp(NoseHooverChainNVT):
    """Nosé-Hoover chain whose temperature may change and whose centre of mass rests.

    ASE's takes one temperature for its life and hands out no state: both are in the thermostat
    inside of it.
    """

    def set_temperature(self, temperature_k: float) -> None:
        """Set the temperature from the next step on.

        Parameters
        ----------
        temperature_k
            The temperature, K.
        """
        # ASE counts 3N degrees of freedom; the centre of mass takes none of them here
        n = len(self.atoms)
        kt = units.kB * temperature_k * max(n - 1, 1) / n
        thermostat = self._thermostat
        if not hasattr(self, "_mass_time"):
            self._mass_time = thermostat._Q / thermostat._kT
        # from the same factor each time, so that a run that was resumed has the same digits
        thermostat._Q = self._mass_time * kt
        thermostat._kT = kt

    @property
    def chain(self) -> npt.NDArray[np.float64]:
        """Positions and momenta of the chain, shape ``(2, n_chain)``."""
        return np.array([self._thermostat._eta, self._thermostat._p_eta])

    @chain.setter
    def chain(self, state: npt.NDArray[np.float64]) -> None:
        self._thermostat._eta, self._thermostat._p_eta = np.array(state)
