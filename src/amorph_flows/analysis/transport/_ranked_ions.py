"""Fast and slow ions, by one displacement from a chosen origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._ion_paths import IonPath, ion_paths
from amorph_flows.analysis.transport._persistence import MobilityPersistence, mobility_persistence
from amorph_flows.analysis.transport._unwrap import atoms_of
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

_WINDOW_PER_LAG = 0.1


@dataclass(frozen=True)
class RankedIons:
    """Ions ranked by one displacement.

    Parameters
    ----------
    lag_fs, origin_fs
        Length and start of the displacement, fs; the start is counted from the first frame.
    squared_displacement_a2
        |Δr|² of each ion, Å², shape ``(n_ions,)``.
    groups
        Indices of the atoms that are ``"fast"`` and ``"slow"``, and of ``"all"``.
    window
        First frame around the origin, and the frame behind the last one.
    persistence
        How long ions keep their rank.
    """

    lag_fs: float
    origin_fs: float
    squared_displacement_a2: FloatArray
    groups: dict[str, IntArray]
    window: tuple[int, int]
    persistence: MobilityPersistence

    def frames(self, most: int) -> IntArray:
        """Return frames around the origin, evenly spaced.

        Parameters
        ----------
        most
            Largest number of frames.
        """
        first, end = self.window
        return np.unique(np.linspace(first, end - 1, most).astype(np.int64))


def rank_ions(
    trajectory: Trajectory,
    ion: str,
    lag_fs: float,
    share: float = 0.25,
    drift: Drift = "host",
    origin_fs: float | None = None,
    window_fs: float | None = None,
) -> RankedIons:
    """Rank ions by how far each is after a time from one origin.

    A mean over origins would make all ions alike in a run that is long beside the time for which
    an ion stays fast.

    Parameters
    ----------
    trajectory
        Of one temperature.
    ion
        Element symbol.
    lag_fs
        Time of the displacement, fs.
    share
        Share of the ions in each group.
    drift
        Which drift to remove.
    origin_fs
        Where the displacement starts, fs after the first frame; the start of the first continuous
        piece that is longer than the lag if not given.
    window_fs
        Frames up to this time before and after the origin are those at which surroundings are
        looked at, fs; a tenth of the lag if not given.

    Raises
    ------
    InputError
        If there are fewer than four ions, the share is not above 0 and at most 0.5, the window is
        negative, or no displacement of this lag starts at the origin within a continuous piece.
    """
    ions = atoms_of(trajectory, ion)
    if len(ions) < 4 or not 0 < share <= 0.5:
        raise InputError(
            f"share is {share} of {len(ions)} ions; four ions and a share up to 0.5 are needed"
        )
    if window_fs is not None and window_fs < 0:
        raise InputError(f"window_fs is {window_fs:g}; give 0 or more")
    spacing = trajectory.frame_spacing_fs
    lag = max(1, round(lag_fs / spacing))
    pieces = ion_paths(trajectory, ion, drift)
    piece, origin = displacement_start(pieces, lag, spacing, origin_fs)
    path = piece.path[:, :, origin - piece.first :]
    displacement = path[:, :, lag] - path[:, :, 0]
    squared = np.einsum("xa,xa->a", displacement, displacement)
    order = ions[np.argsort(squared, kind="stable")]
    size = max(1, round(share * len(ions)))
    around = round((_WINDOW_PER_LAG * lag * spacing if window_fs is None else window_fs) / spacing)
    return RankedIons(
        lag * spacing,
        origin * spacing,
        squared,
        {"fast": order[-size:], "slow": order[:size], "all": ions},
        (max(piece.first, origin - around), min(piece.end, origin + around + 1)),
        mobility_persistence([each.path for each in pieces], lag, spacing),
    )


def displacement_start(
    pieces: list[IonPath], lag: int, spacing_fs: float, wanted_fs: float | None
) -> tuple[IonPath, int]:
    """Return the piece and the frame that a displacement starts from.

    Parameters
    ----------
    pieces
        Continuous pieces of a trajectory.
    lag
        Frames of the displacement.
    spacing_fs
        Of the frames, fs.
    wanted_fs
        Start, fs after the first frame; None: that of the first piece that is longer.

    Raises
    ------
    InputError
        If no such displacement lies in a continuous piece.
    """
    long = [piece for piece in pieces if piece.end - piece.first > lag]
    if not long:
        raise InputError(
            f"lag_fs is {lag * spacing_fs:g}; no continuous piece of the trajectory is longer"
        )
    if wanted_fs is None:
        return long[0], long[0].first
    origin = round(wanted_fs / spacing_fs)
    for piece in long:
        if piece.first <= origin < piece.end - lag:
            return piece, origin
    possible = ", ".join(
        f"{piece.first * spacing_fs:g} to {(piece.end - lag - 1) * spacing_fs:g}" for piece in long
    )
    raise InputError(
        f"origin_fs is {wanted_fs:g}; a displacement over {lag * spacing_fs:g} fs may start at "
        f"{possible} fs"
    )
