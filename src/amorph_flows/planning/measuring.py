"""Timing of what the cache does not know, in processes like those of a study."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from monty.json import MontyEncoder
from pydantic import TypeAdapter

from amorph_flows.engines._calculator_engine import CalculatorEngine
from amorph_flows.errors import CalculationError
from amorph_flows.executors.local._pool import ONE_THREAD
from amorph_flows.planning.rates import Rate, RateCache
from amorph_flows.planning.timed import EngineCall, Timed, WithPotential

_RATES = TypeAdapter(dict[str, Rate])
_LAST_LINES = 3


def rates_of(
    wanted: Iterable[Timed],
    *,
    at_once: int = 1,
    anew: bool = False,
    static: bool = False,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Rate]:
    """Return the rates of some work, timed here where they are not known.

    Parameters
    ----------
    wanted
        The work.
    at_once
        Processes that time at once; those of a study slow each other down too.
    anew
        Whether everything is timed again.
    static
        Whether an engine that is a program of its own, such as VASP, may be timed by one single
        point; else its rates are left out where they are not known.
    tell
        Called with what is timed.

    Returns
    -------
    dict
        Rates by key of the work.

    Raises
    ------
    CalculationError
        If what is timed fails; the message ends with what it said.
    """
    cache = RateCache()
    work = {timed.key: timed for timed in wanted}
    known = {} if anew else cache.known(work.values())
    missing = [timed for key, timed in work.items() if key not in known]
    groups = [group for group in _groups(missing) if static or _is_quick(group)]
    for i in range(0, len(groups), max(1, at_once)):
        for measured in _measure(groups[i : i + at_once], tell or (lambda _: None)):
            cache.add(measured)
            known |= measured
    return known


def _groups(work: list[Timed]) -> list[list[Timed]]:
    """Return the work by engine, and by backend and settings of the potential."""
    groups: dict[str, list[Timed]] = {}
    for timed in work:
        if isinstance(timed, EngineCall):
            groups.setdefault(f"engine {timed.engine.info().settings_hash}", []).append(timed)
        elif isinstance(timed, WithPotential):
            groups.setdefault(timed.method, []).append(timed)
    return list(groups.values())


def _is_quick(group: list[Timed]) -> bool:
    """Return whether one call is enough, in this process, to know how long it takes."""
    first = group[0]
    return not isinstance(first, EngineCall) or isinstance(first.engine, CalculatorEngine)


def _measure(groups: list[list[Timed]], tell: Callable[[str], None]) -> list[dict[str, Rate]]:
    """Time some groups side by side."""
    with tempfile.TemporaryDirectory(prefix="amorph-plan-") as folder:
        running = []
        for number, group in enumerate(groups):
            for timed in group:
                tell(f"timing {timed.what}")
            running.append(_start(Path(folder) / str(number), group))
        with _ended(running):
            return [_result(process, folder) for process, folder in running]


def _start(folder: Path, group: list[Timed]) -> tuple[subprocess.Popen[bytes], Path]:
    folder.mkdir()
    (folder / "work.json").write_text(json.dumps([sys.path, group], cls=MontyEncoder))
    with (folder / "log.txt").open("wb") as log:
        command = [sys.executable, "-m", "amorph_flows.planning._measure"]
        process = subprocess.Popen(
            [*command, "work.json", "rates.json"],
            cwd=folder,
            env=os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return process, folder


@contextmanager
def _ended(running: list[tuple[subprocess.Popen[bytes], Path]]) -> Iterator[None]:
    """Leave no process behind."""
    try:
        yield
    finally:
        for process, _ in running:
            process.kill()
            process.wait()


def _result(process: subprocess.Popen[bytes], folder: Path) -> dict[str, Rate]:
    if process.wait() != 0:
        said = (folder / "log.txt").read_text(errors="replace").splitlines()[-_LAST_LINES:]
        raise CalculationError(f"what was timed for the plan failed: {' / '.join(said)}")
    return _RATES.validate_json((folder / "rates.json").read_bytes())
