"""Whether the volume of engine MD is right, from the stresses of its frames."""

from __future__ import annotations

import numpy as np

from amorph_flows.analysis.pressure import (
    MeanPressure,
    judge_volume,
    mean_pressure,
    pressures_gpa,
)
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.arrays import FloatArray
from amorph_flows.schemas.labelling import LabelDoc


def volume_of(label: LabelDoc, temperature_k: float) -> Verdict:
    """Return whether the volume of a run of engine MD is that of its pressure.

    Parameters
    ----------
    label
        The run; frames without a stress leave it open.
    temperature_k
        That it was held at, K.
    """
    stage = label.stage
    follows = stage is not None and stage.ensemble == "npt"
    asked = (stage.pressure_at(0) + stage.pressure_at(stage.n_steps)) / 2 if stage else 0.0
    mend = "hold it longer, until its cell has settled"
    if not follows:
        mend = "let its cell follow the pressure (ensemble: npt)"
    pressure = _mean_pressure(label, temperature_k)
    return judge_volume(pressure, temperature_k, asked_gpa=asked, mend=mend)


def pressures_of(label: LabelDoc, temperature_k: float | None = None) -> FloatArray | None:
    """Return the pressure of each frame of engine MD, GPa; None where a frame has no stress.

    Parameters
    ----------
    label
        The run.
    temperature_k
        That it was held at, K, where its frames do not say it.
    """
    stresses = [frame.stress for frame in label.frames if frame.stress is not None]
    kelvin = [frame.provenance.temperature_k or temperature_k for frame in label.frames]
    if not stresses or len(stresses) < len(label.frames) or None in kelvin:
        return None
    volumes = [abs(np.linalg.det(frame.cell)) for frame in label.frames]
    n_atoms = label.frames[0].n_atoms
    return pressures_gpa(stresses, volumes, n_atoms, [k for k in kelvin if k is not None])


def _mean_pressure(label: LabelDoc, temperature_k: float) -> MeanPressure:
    pressures = pressures_of(label, temperature_k)
    return MeanPressure(None, None) if pressures is None else mean_pressure(pressures)
