"""Requirements checked before VASP runs: Makers that agree, a U, POTCARs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from atomate2.vasp.sets.base import VaspInputGenerator
from pymatgen.core import SETTINGS, Structure
from pymatgen.io.vasp.inputs import PotcarSingle

from amorph_flows.engines.vasp._sets import OPEN_D_SHELLS
from amorph_flows.engines.vasp._settings import differences, energy_settings
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.structures.configuration import to_atoms

_SET_UP = "pmg config -p <folder of VASP's potpaw_PBE.54> <new folder>, then PMG_VASP_PSP_DIR"


def require_computable(
    single: VaspInputGenerator,
    others: Mapping[str, VaspInputGenerator],
    structure: Structure | None,
) -> None:
    """Refuse what VASP cannot or should not compute.

    Parameters
    ----------
    single
        Of single points.
    others
        By name of the Maker.
    structure
        What they would compute; None: only the folder of POTCARs is looked for.

    Raises
    ------
    MissingDependencyError
        If no folder of POTCARs is set.
    InputError
        If a POTCAR is missing, a metal has no U, the Makers disagree, or the structure is not
        ordered.
    """
    if structure is not None:
        to_atoms(structure)
        require_agreement(single, others, structure)
        require_u(single, structure)
    for generator in (single, *others.values()):
        require_potcars(generator, structure)


def require_agreement(
    single: VaspInputGenerator, others: Mapping[str, VaspInputGenerator], structure: Structure
) -> None:
    """Refuse Makers whose energies cannot be compared.

    Parameters
    ----------
    single
        Of single points.
    others
        By name of the Maker.
    structure
        What they would compute.

    Raises
    ------
    InputError
        If they differ in a tag that changes energies, or in the mesh.
    """
    plain = Structure(structure.lattice, structure.species, structure.frac_coords)
    wanted = energy_settings(single, plain)
    for name, generator in others.items():
        if found := differences(wanted, energy_settings(generator, plain)):
            raise InputError(
                f"static_maker and {name} differ in {'; '.join(found)}; energies of one study must "
                "come from the same settings (set tags for all of them in user_incar_settings of "
                "the engine)"
            )


def require_u(generator: VaspInputGenerator, structure: Structure) -> None:
    """Refuse a compound with an open d shell but no U for it.

    Parameters
    ----------
    generator
        Of single points.
    structure
        What it would compute.

    Raises
    ------
    InputError
        If a metal has none; 0 is one.
    """
    tags = generator.config_dict.get("INCAR", {}) | generator.user_incar_settings
    given = tags.get("LDAUU")
    if not tags.get("LDAU") or not isinstance(given, dict) or len(structure.symbol_set) == 1:
        return
    known = set(given).union(*(inner for inner in given.values() if isinstance(inner, dict)))
    if missing := sorted(OPEN_D_SHELLS & set(structure.symbol_set) - known):
        raise InputError(
            f"there is no U for {', '.join(missing)}; give one, which may be 0: "
            "VaspEngine.scan_u({'V': 1.0, 'Fe': ...}), or pbe_u likewise"
        )


def require_potcars(generator: VaspInputGenerator, structure: Structure | None) -> None:
    """Refuse a calculation if a POTCAR is missing.

    Parameters
    ----------
    generator
        Names the POTCARs.
    structure
        Has the elements; None: only the folder is looked for.

    Raises
    ------
    MissingDependencyError
        If no folder of POTCARs is set.
    InputError
        If the folder does not exist or lacks a POTCAR.
    """
    folder = SETTINGS.get("PMG_VASP_PSP_DIR")
    if not folder:
        raise MissingDependencyError("a folder of VASP's POTCARs (PMG_VASP_PSP_DIR)", hint=_SET_UP)
    if not Path(folder).expanduser().is_dir():
        raise InputError(
            f"PMG_VASP_PSP_DIR is {folder}, which is not a folder; set it by: {_SET_UP}"
        )
    if structure is None:
        return
    generator.structure = structure
    functional = generator.potcar_functional
    for symbol in sorted(set(generator.potcar_symbols)):
        if not _exists(symbol, functional, Path(folder).expanduser()):
            raise InputError(
                f"there is no POTCAR {symbol!r} of {functional} in {folder}; add it, or name "
                "another in user_potcar_settings of the input set generators"
            )


def _exists(symbol: str, functional: str, folder: Path) -> bool:
    subfolder = SETTINGS.get("PMG_VASP_PSP_SUB_DIRS", {}).get(
        functional, PotcarSingle.functional_dir[functional]
    )
    names = (Path(f"POTCAR.{symbol}"), Path(symbol) / "POTCAR")
    endings = ("", ".gz", ".bz2", ".xz", ".Z")
    return any(
        (folder / subfolder / f"{name}{ending}").is_file() for name in names for ending in endings
    )
