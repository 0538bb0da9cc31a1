"""How long timed work takes on this machine, kept in the user's cache folder."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from amorph_flows.files import replace_file
from amorph_flows.planning.timed import Timed
from amorph_flows.settings import Settings

RATES_FILE = "rates.json"


class Rate(BaseModel):
    """The time of one piece of work on one machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    core_seconds: float = Field(ge=0, description="CPU time of one, s")
    cores: float = Field(default=1.0, ge=1, description="cores that it keeps busy")
    start_s: float = Field(default=0.0, ge=0, description="CPU time before the first one, s")
    memory_gb: float = Field(default=0.0, ge=0, description="of the process, GB")
    n_parameters: int = Field(default=0, description="of the potential that was used")
    measured: str = Field(description="when, as YYYY-MM-DD")


_RATES = TypeAdapter(dict[str, dict[str, Rate]])


class RateCache:
    """The rates that were measured on this machine before, in ``rates.json``.

    Parameters
    ----------
    folder
        Where the file is; None: the cache folder of the settings (``AMORPH_CACHE_DIR``).
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or Settings().cache_dir).expanduser() / RATES_FILE

    def known(self, wanted: Iterable[Timed]) -> dict[str, Rate]:
        """Return the rates that are there, by key of the work.

        Parameters
        ----------
        wanted
            The work.
        """
        rates = self._read().get(_machine(), {})
        return {timed.key: rates[timed.key] for timed in wanted if timed.key in rates}

    def add(self, rates: dict[str, Rate]) -> None:
        """Keep rates of this machine.

        Parameters
        ----------
        rates
            By key of the work.
        """
        kept = self._read()
        kept[_machine()] = kept.get(_machine(), {}) | rates
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            machine: {key: rate.model_dump() for key, rate in known.items()}
            for machine, known in kept.items()
        }
        replace_file(self.path, json.dumps(content, indent=1, ensure_ascii=False))

    def _read(self) -> dict[str, dict[str, Rate]]:
        """Return all rates; a file that is missing or damaged holds none."""
        try:
            return _RATES.validate_json(self.path.read_bytes())
        except (OSError, ValidationError):
            return {}


@cache
def _machine() -> str:
    """Return the processor: machines of one processor share their rates."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
