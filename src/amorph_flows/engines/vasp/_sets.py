"""VASP inputs of the two published studies, as generators that atomate2 Makers take."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from atomate2.vasp.sets.base import VaspInputGenerator
from pymatgen.core import Structure
from pymatgen.io.vasp import Kpoints
from pymatgen.io.vasp.sets import MPRelaxSet, MPScanRelaxSet
from typing_extensions import override

from amorph_flows.schemas.schedule import MDStage

_MOMENTS = {"V": 5.0, "Cr": 5.0, "Mn": 5.0, "Fe": 5.0, "Co": 5.0, "Ni": 5.0}

OPEN_D_SHELLS = frozenset({"Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu"})
"""Metals for which a study with DFT+U must give a U, which may be 0."""

SCHEDULE_TAGS = ("IBRION", "ISIF", "NSW", "POTIM", "TEBEG", "TEEND")
"""Tags of MD that only the schedule sets."""

_AMU_A2_OF_EV_FS2 = 9.64853321e-3
_KB_EV_K = 8.617333262e-5

_COMMON: dict[str, Any] = {
    "ALGO": "Normal",
    "ENCUT": 520,
    "IBRION": 2,  # with EDIFFG: relaxations only; pymatgen drops both where NSW is 0
    "EDIFFG": -0.03,
    "ISIF": 3,
    "ISMEAR": 0,
    "ISPIN": 2,
    "ISYM": 0,
    "LASPH": True,
    "LCHARG": False,
    "LMAXMIX": 4,
    "LORBIT": 10,  # moments of atoms in OUTCAR
    "LREAL": False,
    "LWAVE": False,
    "MAGMOM": _MOMENTS,
    "NELM": 200,
    "NELMIN": 4,
    "NSW": 0,
    "PREC": "Accurate",
    "SIGMA": 0.05,
}


def _hubbard(u_ev: dict[str, float]) -> dict[str, Any]:
    """Return the tags of Dudarev's U on d orbitals."""
    return {
        "LDAU": True,
        "LDAUTYPE": 2,
        "LDAUL": dict.fromkeys(u_ev, 2),
        "LDAUU": dict(u_ev),
        "LDAUJ": dict.fromkeys(u_ev, 0.0),
    }


def scan_u_config(u_ev: dict[str, float]) -> dict[str, Any]:
    """Return SCAN+U of the amorphous V2O5 study, section 2.3.

    520 eV, total energies to 0.01 meV, forces to 30 meV/Å in relaxations, Gaussian smearing of
    0.05 eV, no symmetry, PAW. The study names neither PAW data nor moments: they are those of the
    Materials Project's SCAN set (moments: high spin for open d shells).

    Parameters
    ----------
    u_ev
        U of the d orbitals by element, eV; the study has 1.0 for V.
    """
    tags = {"METAGGA": "SCAN", "EDIFF": 1e-5, **_hubbard(u_ev)}
    return _config(tags, MPScanRelaxSet.CONFIG["POTCAR"])


def pbe_u_config(u_ev: dict[str, float]) -> dict[str, Any]:
    """Return PBE+U of the NaFePO4 glass study, section 2.1.

    520 eV, energies to 1e-5 eV an atom, U as in the Materials Project, whose choice of PAW data is
    taken as well. The study says nothing of smearing, symmetry and moments; they are those of
    `scan_u_config`.

    Parameters
    ----------
    u_ev
        U of the d orbitals by element, eV; the study has 5.1 for Fe.
    """
    tags = {"GGA": "PE", "EDIFF_PER_ATOM": 1e-5, **_hubbard(u_ev)}
    return _config(tags, MPRelaxSet.CONFIG["POTCAR"])


def _config(tags: dict[str, Any], potcars: dict[str, str]) -> dict[str, Any]:
    return {
        "INCAR": _COMMON | tags,
        "KPOINTS": {},
        "POTCAR": dict(potcars),
        "POTCAR_FUNCTIONAL": "PBE_54",
    }


@dataclass
class AmorphousSetGenerator(VaspInputGenerator):
    """Inputs whose single points, relaxations and MD give energies that can be compared.

    Nothing is taken over from an earlier calculation and nothing depends on its gap; ``ISMEAR``,
    ``ISPIN`` and the rest are what the settings say. ``KPAR``, ``NCORE`` and other tags of speed
    are left to the user.

    Parameters
    ----------
    config_dict
        Base settings: `scan_u_config` or `pbe_u_config`.
    kpoint_length_a
        Length R_k of the Gamma-centred mesh, Å: reciprocal vector b_i (without 2π) has
        ``ceil(R_k |b_i|)`` divisions. 0: the Gamma point only. The same mesh has
        ``KSPACING = 2π / R_k``.
    inherit_incar, auto_ismear, auto_metal_kpoints
        Off: see above.
    **kwargs
        Everything else of `atomate2.vasp.sets.base.VaspInputGenerator`, such as
        ``user_incar_settings``, ``user_kpoints_settings`` and ``user_potcar_settings``.
    """

    config_dict: dict[str, Any] = field(default_factory=lambda: scan_u_config({"V": 1.0}))
    inherit_incar: bool | list[str] = False
    auto_ismear: bool = False
    auto_metal_kpoints: bool = False
    kpoint_length_a: float = 32.0

    @property
    @override
    def kpoints_updates(self) -> Kpoints:
        """The Gamma-centred mesh; ``user_kpoints_settings`` replace it."""
        return Kpoints.gamma_automatic(kpoint_divisions(self.structure, self.kpoint_length_a))


def kpoint_divisions(structure: Structure, length_a: float) -> tuple[int, int, int]:
    """Return the divisions of reciprocal vectors of at least a length R_k, at least one each.

    Parameters
    ----------
    structure
        Of the calculation.
    length_a
        R_k, Å: a reciprocal vector of 1/Å (without 2π) gets this many divisions.
    """
    reciprocal = structure.lattice.reciprocal_lattice_crystallographic.matrix
    needed = length_a * np.linalg.norm(reciprocal, axis=1)
    a, b, c = (max(1, math.ceil(n - 1e-6)) for n in needed)
    return a, b, c


def stage_tags(
    stage: MDStage, structure: Structure, first_step: int, n_configurations: int
) -> dict[str, Any]:
    """Return the INCAR tags of a piece of MD that goes to the end of its stage.

    Parameters
    ----------
    stage
        Of the MD.
    structure
        Of the run.
    first_step
        MD step of the configuration in POSCAR, which VASP computes first.
    n_configurations
        Configurations that VASP computes.
    """
    return {
        "IBRION": 0,
        "NSW": n_configurations,
        "POTIM": stage.time_step_fs,
        "TEBEG": stage.temperature_at(first_step),
        "TEEND": stage.end_temperature_k,
        "NBLOCK": 1,
        "EDIFFG": None,
        **_ensemble_tags(stage, structure),
    }


def _ensemble_tags(stage: MDStage, structure: Structure) -> dict[str, Any]:
    fixed_cell = {"ISIF": 2}  # VASP leaves out the stress of MD unless it is asked for
    if stage.ensemble == "nve":
        return {"MDALGO": 1, "ANDERSEN_PROB": 0.0, **fixed_cell}
    start_k, damping_fs = stage.start_temperature_k, stage.thermostat_damping_fs
    if stage.ensemble == "nvt":
        mass = nose_mass(structure, start_k, damping_fs, stage.time_step_fs)
        return {"MDALGO": 2, "SMASS": mass, **fixed_cell}
    hottest_k = max(start_k, stage.end_temperature_k)
    return {  # the tags of atomate2's set for npt, with the damping times of the stage
        "MDALGO": 3,
        "ISIF": 3,
        "LANGEVIN_GAMMA": [round(1e3 / damping_fs, 6)] * len(structure.symbol_set),
        "LANGEVIN_GAMMA_L": round(1e3 / stage.barostat_damping_fs, 6),
        "PMASS": cell_mass(structure, hottest_k, stage.barostat_damping_fs),
        "PSTRESS": 0.0,
    }


def nose_mass(
    structure: Structure, temperature_k: float, period_fs: float, step_fs: float
) -> float:
    """Return ``SMASS`` of a thermostat with a period.

    ``SMASS = 0`` stands for 40 time steps; any other period is converted by Nosé's estimate
    Q = 2 (3N - 3) k_B T (t / 2π)², J. Chem. Phys. 81, 511 (1984), in amu times the square of the
    first lattice vector.

    Parameters
    ----------
    structure
        Of the run.
    temperature_k
        Temperature, K.
    period_fs
        Period t of the thermostat, fs.
    step_fs
        Time step, fs.
    """
    if math.isclose(period_fs, 40 * step_fs):
        return 0.0
    freedom = 3 * (len(structure) - 1)
    mass_ev_fs2 = 2 * freedom * _KB_EV_K * temperature_k * (period_fs / (2 * math.pi)) ** 2
    return float(round(mass_ev_fs2 * _AMU_A2_OF_EV_FS2 / structure.lattice.a**2, 6))


def cell_mass(structure: Structure, temperature_k: float, damping_fs: float) -> float:
    """Return ``PMASS`` of a barostat with a damping time, amu.

    The mass of a strain is that of Martyna, Tobias and Klein, (N + 1) k_B T t², J. Chem. Phys. 101,
    4177 (1994), which ASE's barostats have; VASP's moves a length, here the cube root of the
    volume.

    Parameters
    ----------
    structure
        Of the run.
    temperature_k
        Temperature, K.
    damping_fs
        Damping time t of the cell, fs.
    """
    mass_ev_fs2 = (len(structure) + 1) * _KB_EV_K * temperature_k * damping_fs**2
    return float(round(mass_ev_fs2 * _AMU_A2_OF_EV_FS2 / structure.volume ** (2 / 3), 3))
