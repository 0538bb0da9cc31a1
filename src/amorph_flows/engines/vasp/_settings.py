"""Settings of VASP that change an energy, and the comparison of two inputs by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from atomate2.vasp.sets.base import VaspInputGenerator
from pymatgen.core import Structure
from pymatgen.io.vasp import Incar, Kpoints

from amorph_flows.calculators.known import canonical_json
from amorph_flows.hashes import sha256_of

HARMLESS = frozenset(
    {"ALGO", "AMIN", "AMIX", "AMIX_MAG", "BMIX", "BMIX_MAG", "IALGO", "ICHARG", "INIMIX", "ISEARCH",
     "ISTART", "KPAR", "LASYNC", "LCHARG", "LORBIT", "LPLANE", "LSCALAPACK", "LWAVE", "MAXMIX",
     "MIXPRE", "NBANDS", "NCORE", "NELM", "NELMDL", "NELMIN", "NPAR", "NSIM", "NWRITE", "SYMPREC",
     "SYSTEM", "TIME", "WC"}
)  # fmt: skip
"""Tags of speed, output and of the way to self-consistency."""

IONIC = frozenset(
    {"ANDERSEN_PROB", "EDIFFG", "IBRION", "ISIF", "KBLOCK", "LANGEVIN_GAMMA",
     "LANGEVIN_GAMMA_L", "MDALGO", "NBLOCK", "NSW", "PMASS", "POTIM", "RANDOM_SEED", "SMASS",
     "TEBEG", "TEEND"}
)  # fmt: skip
"""Tags of how ions move."""


def generator_hash(generator: VaspInputGenerator, more: dict[str, Any]) -> str:
    """Return the hash of everything in a generator that changes energies.

    Parameters
    ----------
    generator
        Of single points.
    more
        INCAR tags that come on top.
    """
    content = generator.as_dict()
    held = content["config_dict"]
    content["config_dict"] = held | {"INCAR": _energy_tags(held.get("INCAR", {}))}
    content["user_incar_settings"] = _energy_tags(content["user_incar_settings"] | more)
    return sha256_of(canonical_json(content))[:16]


def energy_settings(generator: VaspInputGenerator, structure: Structure) -> dict[str, Any]:
    """Return the INCAR tags and mesh that change the energy of a structure.

    Parameters
    ----------
    generator
        Of any kind of calculation.
    structure
        What is computed.
    """
    generator.structure = structure
    kpoints = generator.kpoints
    mesh = {"KPOINTS": str(kpoints.kpts), "style": str(kpoints.style)} if kpoints else {}
    return _energy_tags(dict(generator.incar)) | mesh | {"POTCAR": generator.potcar_symbols}


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return what differs, as ``tag: value against value``.

    Parameters
    ----------
    one, other
        Settings by tag.
    """
    return [
        f"{tag}: {one.get(tag, 'unset')} against {other.get(tag, 'unset')}"
        for tag in sorted(set(one) | set(other))
        if str(one.get(tag)) != str(other.get(tag))
    ]


def changed_by_custodian(folder: Path, allowed: frozenset[str] = HARMLESS) -> list[str]:
    """Return the changes by custodian in the inputs of a calculation that change its energies.

    Parameters
    ----------
    folder
        With ``INCAR.orig`` and ``KPOINTS.orig``, which custodian writes, gzipped or not.
    allowed
        Tags that may change.
    """
    before, after = (Incar.from_file(held_file(folder, name)) for name in ("INCAR.orig", "INCAR"))
    changed = differences(
        *({k: v for k, v in i.items() if k not in allowed} for i in (before, after))
    )
    if held_file(folder, "KPOINTS.orig").exists():
        meshes = [Kpoints.from_file(held_file(folder, n)) for n in ("KPOINTS.orig", "KPOINTS")]
        changed += differences(*({"KPOINTS": str(mesh.kpts)} for mesh in meshes))
    return changed


def _energy_tags(tags: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in tags.items() if k not in HARMLESS | IONIC}


def held_file(folder: Path, name: str) -> Path:
    """Return the path of a file of a calculation, which atomate2 may have gzipped.

    Parameters
    ----------
    folder
        Of the calculation.
    name
        Without ``.gz``.
    """
    zipped = folder / f"{name}.gz"
    return zipped if zipped.exists() else folder / name
