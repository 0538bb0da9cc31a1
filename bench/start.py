"""How long the commands take that people wait for: medians of five, wall and CPU time.

A small study with the toy engine is run first, in a temporary folder; the last line is the same
command given again.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import yaml

from amorph_flows.structures import v2o5

REPEATS = 5
COMMANDS = {
    "amorph --help": (["--help"], 0.8),
    "amorph status": (["status", "study"], 0.8),
    "amorph query": (["query", "--store", "study"], 1.5),
    "amorph doctor": (["doctor"], 3.0),
    "amorph run, the study is finished": (["run", "study.yaml"], 2.0),
}
"""Arguments and the wall time that is wanted of each, s."""

_SHORT = {"duration_fs": 160.0, "frame_stride": 4, "hot_frame_stride": 4}
OVERRIDES = {
    "engine.relax_max_steps": 50,
    "cell_lengths_a": [11.5, 7.1, 4.4],
    "melt_quench.melt_duration_fs": 100.0,
    "melt_quench.quench_duration_fs": 170.0,
    "melt_quench.branch_temperatures_k": [1200.0],
    "melt_quench.frame_stride": 5,
    **{
        f"{stage}.{name}": value
        for stage in ("melt_quench.branch", "sampling")
        for name, value in _SHORT.items()
    },
    "insertion_temperatures_k": [1200.0],
    "fit.settings.level": 8,
    "fit.settings.cutoff": 4.0,
    "fit.settings.max_steps": 200,
    "active_learning.duration_fs": 200.0,
    "active_learning.max_turns": 1,
    "active_learning.max_selected": 4,
    "mtp_sampling.equilibration_fs": 20.0,
    "mtp_sampling.production_fs": 100.0,
    "mtp_sampling.frame_stride": 5,
    "mtp_sampling.grade_every": 5,
    "melt_sampling.equilibration_fs": 20.0,
    "melt_sampling.production_fs": 100.0,
    "melt_sampling.frame_stride": 5,
    "melt_sampling.grade_every": 5,
    "production.supercell": [1, 2, 2],
    "production.equilibration_fs": 20.0,
    "production.production_fs": 200.0,
    "production.frame_stride": 2,
    "production.grade_every": 10,
    "production_temperatures_k": [1200.0],
}


def amorph(folder: Path, *args: str) -> tuple[float, float]:
    """Return wall and CPU time of a command, s."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = Path(sys.executable).with_name("amorph")
    done = subprocess.run([command, *args], cwd=folder, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(args)}: {done.stderr}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Run the study, then every command."""
    os.environ.pop("AMORPH_JOB_STORE", None)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        v2o5().to(filename=str(folder / "V2O5.cif"))
        study = {"structure": "V2O5.cif", "engine": "toy", "overrides": OVERRIDES}
        (folder / "study.yaml").write_text(yaml.safe_dump(study))
        wall, _ = amorph(folder, "run", "study.yaml")
        print(f"the study itself: {wall:.0f} s\n")
        print(f"| command | wall, s | CPU, s | wanted, s |\n|{'---|' * 4}")
        for name, (args, wanted) in COMMANDS.items():
            times = [amorph(folder, *args) for _ in range(REPEATS)]
            wall, cpu = (median(each) for each in zip(*times, strict=True))
            print(f"| {name} | {wall:.2f} | {cpu:.2f} | {wanted} |", flush=True)


if __name__ == "__main__":
    main()
