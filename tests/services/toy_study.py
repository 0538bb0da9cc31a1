"""The study file of a whole study that takes seconds: toy engine, few steps, few temperatures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from amorph_flows.structures import v2o5

ENGINE = "failing_label:FirstLabelFails"
"""The toy engine, with a label that fails in each turn of the active-learning loop."""

_HOLD = {"duration_fs": 160.0, "frame_stride": 4, "hot_frame_stride": 4}
_OVERRIDES = {
    "engine.relax_max_steps": 50,
    "cell_lengths_a": [11.5, 7.1, 4.4],
    "melt_quench.melt_duration_fs": 100.0,
    "melt_quench.quench_duration_fs": 170.0,
    "melt_quench.branch_temperatures_k": [1200.0],
    "melt_quench.frame_stride": 5,
    **{f"melt_quench.branch.{name}": value for name, value in _HOLD.items()},
    **{f"sampling.{name}": value for name, value in _HOLD.items()},
    "insertion_temperatures_k": [1200.0],
    "fit.settings.level": 8,
    "fit.settings.cutoff": 4.0,
    "fit.settings.max_steps": 200,
    "active_learning.duration_fs": 200.0,
    "active_learning.max_turns": 1,
    "active_learning.max_selected": 4,
    "active_learning.label_jobs": 2,
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


def write_study(folder: Path, engine: str = "toy", **overrides: Any) -> Path:
    """Write a study file with its crystal into a folder and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    v2o5().to(filename=str(folder / "V2O5.cif"))
    study = {
        "structure": "V2O5.cif",
        "engine": engine,
        "folder": "results",
        "overrides": {**_OVERRIDES, **overrides},
    }
    file = folder / "study.yaml"
    file.write_text(yaml.safe_dump(study))
    return file


def numbers(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of a report without their documents and what computing took."""
    return [
        {key: _without_costs(value) for key, value in row.items() if key != "documents"}
        for row in report["results"]
    ]


def _without_costs(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_costs(one) for key, one in value.items() if key != "core_hours"}
    if isinstance(value, list):
        return [_without_costs(one) for one in value]
    return value
