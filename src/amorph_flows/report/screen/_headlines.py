"""The results that a reader looks for first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, get_args

from amorph_flows.analysis.verdict import ResultWord
from amorph_flows.schemas.judged_number import JudgedNumber
from amorph_flows.schemas.study import Quantity, ResultRow

_ROOM_K = 300.0
_WORDS: tuple[ResultWord, ...] = get_args(ResultWord)
_N = TypeVar("_N", bound=JudgedNumber)


class Headlines:
    """The headline results of a study, each None where it has none.

    Parameters
    ----------
    rows
        All results.
    """

    def __init__(self, rows: Sequence[ResultRow]) -> None:
        self._rows = rows
        kelvin = [r.temperature_k or 0.0 for r in self._of("tracer_diffusivity")]
        hottest = max(kelvin, default=0.0)
        self.crystal = self._best("voltage_crystal", _ROOM_K)
        self.voltage = self._best("average_voltage", _ROOM_K)
        self.room_diffusivity = self._best("diffusivity_300k", _ROOM_K)
        self.room_conductivity = self._best("conductivity_300k", _ROOM_K)
        self.hot_diffusivity = self._at("tracer_diffusivity", hottest)
        self.hot_conductivity = self._at("conductivity", hottest)
        self.activation_energy = self._best("activation_energy", _ROOM_K)
        self.haven_ratio = self._best("haven_ratio", hottest)

    @property
    def all(self) -> list[ResultRow]:
        """Return those that there are, in the order of the cards."""
        found = (
            self.voltage,
            self.room_diffusivity,
            self.room_conductivity,
            self.hot_diffusivity,
            self.hot_conductivity,
            self.activation_energy,
            self.haven_ratio,
        )
        return [row for row in found if row is not None]

    def _of(self, quantity: Quantity) -> list[ResultRow]:
        return [row for row in self._rows if row.quantity == quantity]

    def _at(self, quantity: Quantity, temperature_k: float) -> ResultRow | None:
        found = [row for row in self._of(quantity) if row.temperature_k == temperature_k]
        return found[0] if found else None

    def _best(self, quantity: Quantity, near_k: float) -> ResultRow | None:
        return best(self._rows, quantity, near_k)


def best(rows: Sequence[_N], quantity: str, near_k: float = _ROOM_K) -> _N | None:
    """Return the result with the best word, of several the one nearest a temperature.

    Parameters
    ----------
    rows
        Results of any quantities.
    quantity
        The one that is wanted.
    near_k
        The temperature, K.
    """

    def rank(row: _N) -> tuple[int, float]:
        kelvin = near_k if row.temperature_k is None else row.temperature_k
        return _WORDS.index(row.verdict), abs(kelvin - near_k)

    return min((row for row in rows if row.quantity == quantity), key=rank, default=None)
