"""Settings of VASP that change an energy, and the comparison of two inputs by them."""

from __future__ import annotations

from dataclasses import fields
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

_TOLD = (
    *("structure", "config_dict", "user_incar_settings", "user_kpoints_settings"),
    *("user_potcar_settings", "user_potcar_functional", "kpoint_length_a"),
)
"""Fields of a generator that `_by_name` tells one by one."""

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


def told_of_makers(
    static: VaspInputGenerator, relax: VaspInputGenerator, md_tags: dict[str, Any]
) -> dict[str, Any]:
    """Return what changes the numbers of an engine, each name with a dot before it.

    Parameters
    ----------
    static, relax
        Generators of single points and relaxations.
    md_tags
        INCAR tags of MD that were given.
    """
    moved = {tag: value for tag, value in md_tags.items() if tag in IONIC}
    moved["EDIFFG"] = _by_name(relax).get(".INCAR.EDIFFG")
    alike = {k: v for k, v in _by_name(static).items() if k.removeprefix(".INCAR.") not in IONIC}
    return {**alike, **{f".INCAR.{tag}": value for tag, value in moved.items()}}


def _by_name(generator: VaspInputGenerator) -> dict[str, Any]:
    """Return what inputs are made from: tags, mesh, POTCARs and what is not as by default."""
    base = generator.config_dict
    tags = base.get("INCAR", {}) | generator.user_incar_settings
    told = {f".INCAR.{tag}": tags[tag] for tag in tags if tag not in HARMLESS}
    potcars = base.get("POTCAR", {}) | dict(generator.user_potcar_settings or {})
    told[".POTCAR"] = f"of {len(potcars)} elements, {sha256_of(canonical_json(potcars))[:8]}"
    told[".POTCAR_FUNCTIONAL"] = generator.user_potcar_functional or base.get(
        "POTCAR_FUNCTIONAL", ""
    )
    told[".user_kpoints_settings"] = generator.user_kpoints_settings or {}
    told[".kpoint_length_a"] = getattr(generator, "kpoint_length_a", None)
    own = type(generator)()
    for field in fields(generator):
        value = getattr(generator, field.name)
        if field.name not in _TOLD and value != getattr(own, field.name):
            told[f".{field.name}"] = value
    return told


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
