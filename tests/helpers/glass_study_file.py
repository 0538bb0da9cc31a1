"""A study file of small glasses, made by a classical potential in seconds."""

from __future__ import annotations

from pathlib import Path

from amorph_flows.potentials import classical_potential
from amorph_flows.schemas.potential import ClassicalSettings

STUDY = """\
kind: glass
composition: NaFePO4
atoms: 56
n_glasses: {n_glasses}
potential: short.yaml
folder: results
leave_out: [transition, elastic, ions]
overrides:
  glasses.schedule:
    {{start_nvt_fs: 20, start_npt_fs: 20, melt_nvt_fs: {melt_fs}, melt_npt_fs: 50,
     rate_k_per_ps: 13500, relax_fs: 50, time_step_fs: 1.0, frame_stride: 10}}
  structure.analysis: {{largest_ring: 4, q_max: 6.0, grid_a: 0.6}}
"""


def write_glass_study(folder: Path, n_glasses: int, melt_fs: float) -> Path:
    """Write it with its potential into a folder."""
    short = ClassicalSettings(pair_cutoff=4.2, coulomb_cutoff=4.2)
    potential = classical_potential("pedone", ["Na", "Fe2+", "P", "O"], short)
    (folder / "short.yaml").write_bytes(next(iter(potential.files.values())))
    file = folder / "glass.yaml"
    file.write_text(STUDY.format(n_glasses=n_glasses, melt_fs=melt_fs))
    return file
