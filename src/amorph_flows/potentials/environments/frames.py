"""Files of frames as the other side of an environment reads them."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.potentials.environments._child import FRAMES


def frames_file(frames: FrameSet) -> bytes:
    """Return a file ``.npz`` of frames with every digit; labels that one lacks are not a number.

    Parameters
    ----------
    frames
        Labelled or not; energies eV, forces eV/Å, stresses eV/Å³.
    """

    def filled(shape: tuple[int, ...], values: FloatArray | None) -> FloatArray:
        return np.full(shape, np.nan) if values is None else np.asarray(values, dtype=float)

    held = (
        np.array([frame.n_atoms for frame in frames], dtype=int),
        np.concatenate([np.zeros(0, dtype=int), *(frame.numbers for frame in frames)]),
        np.concatenate([np.zeros((0, 3)), *(frame.positions for frame in frames)]),
        np.array([frame.cell for frame in frames], dtype=float).reshape(-1, 3, 3),
        np.array([np.nan if f.energy_ev is None else f.energy_ev for f in frames], dtype=float),
        np.concatenate(
            [np.zeros((0, 3)), *(filled((f.n_atoms, 3), f.forces) for f in frames)],
        ),
        np.array([filled((3, 3), f.stress) for f in frames], dtype=float).reshape(-1, 3, 3),
    )
    file = BytesIO()
    np.savez(file, allow_pickle=False, **dict(zip(FRAMES, held, strict=True)))
    return file.getvalue()
