"""POTCARs without data of VASP's: a header that pymatgen reads, and nothing behind it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ase.data import atomic_masses, atomic_numbers

_ENDINGS = ("", "_pv", "_sv", "_d", "_h", "_s", "_2", "_3")

_VALENCE = {"O": 6.0, "P": 5.0, "V": 11.0, "Mg": 8.0, "Na": 7.0, "Li": 3.0, "Fe": 14.0}

_HEADER = """  PAW_PBE {symbol} standin
   {valence:.1f}
 parameters from PSCTR are:
   VRHFIN ={element}: stand-in
   LEXCH  = PE
   EATOM  =     1.0000 eV,    1.0000 Ry

   TITEL  = PAW_PBE {symbol} standin
   LULTRA =        F    use ultrasoft PP ?
   POMASS =   {mass:.3f}; ZVAL   =    {valence:.3f}    mass and valenz
   ENMAX  =  400.000; ENMIN  =  300.000 eV
   LCOR   =        T    correct aug charges
   LPAW   =        T    paw PP
  END of PSCTR-controll parameters
 local part
   1.0   2.0   3.0
 End of Dataset
"""


def write_potcars(folder: Path, elements: Iterable[str]) -> Path:
    """Write POTCARs for the stand-in, laid out as pymatgen looks for them.

    Parameters
    ----------
    folder
        The folder for ``PMG_VASP_PSP_DIR``.
    elements
        Their symbols; each gets all usual endings (``_pv``, ``_sv``, …).

    Returns
    -------
    pathlib.Path
        The folder.
    """
    for element in elements:
        for ending in _ENDINGS:
            symbol = f"{element}{ending}"
            place = folder / "POT_GGA_PAW_PBE_54" / symbol
            place.mkdir(parents=True, exist_ok=True)
            text = _HEADER.format(
                symbol=symbol,
                element=element,
                mass=atomic_masses[atomic_numbers[element]],
                valence=_VALENCE.get(element, 4.0),
            )
            (place / "POTCAR").write_text(text, encoding="ascii")
    return folder
