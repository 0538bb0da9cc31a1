"""What users name: files of foundation models, and the pair style that takes any network."""

from __future__ import annotations

from pathlib import Path

from ase.io import read

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.base import PairStyle
from amorph_flows.schemas.fits import FineTunedSettings


def model_file(path: str) -> bytes | None:
    """Return the file of a foundation model; None where none is named.

    Parameters
    ----------
    path
        Empty for none.

    Raises
    ------
    InputError
        If there is no such file.
    """
    if not path:
        return None
    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError(f"there is no foundation model {file}; name a file in fit.settings")
    return file.read_bytes()


def replayed(settings: FineTunedSettings) -> FrameSet:
    """Return the configurations that a foundation model is not to forget, without labels.

    Parameters
    ----------
    settings
        Of the fit.

    Raises
    ------
    InputError
        If they name a file that is not there, or that ASE cannot read.
    """
    if not settings.replay:
        return FrameSet()
    path = Path(settings.replay).expanduser()
    try:
        held = read(path, ":")
    except Exception as error:  # ASE's readers raise whatever they meet
        raise InputError(f"the configurations to replay cannot be read: {path}: {error}") from error
    every = -(-len(held) // settings.replay_frames)
    return FrameSet(Frame(a.numbers, a.positions, a.cell.array) for a in held[::every])


def mliap_unified(style: str, target: str, elements: list[str]) -> PairStyle:
    """Return the input lines of ``pair_style mliap unified``.

    Parameters
    ----------
    style
        ``"mliap unified"``, or the same with a suffix of an accelerator.
    target
        The file.
    elements
        Element symbol of each LAMMPS type, in order.
    """
    return PairStyle(
        commands=[f"pair_style {style} {target} 0", f"pair_coeff * * {' '.join(elements)}"],
        before_box=["atom_modify map yes", "newton on"],
    )
