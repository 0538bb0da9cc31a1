"""The INCAR tags that the stand-in for VASP knows, read strictly."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

Value = bool | int | float | str | list[int] | list[float]
"""What a tag can hold."""


class VaspStop(Exception):  # noqa: N818 - VASP stops, for a reason
    """What VASP prints before it stops."""


_LOGICAL = {"ADDGRID", "LASPH", "LCHARG", "LDAU", "LWAVE", "LPLANE", "LSCALAPACK", "LMIXTAU"}
_INTEGER = {
    "IALGO", "IBRION", "ICHARG", "ISEARCH", "ISIF", "ISMEAR", "ISPIN", "ISTART", "ISYM", "IVDW",
    "KBLOCK", "KPAR", "LDAUPRINT", "LDAUTYPE", "LMAXMIX", "LORBIT", "MAXMIX", "MDALGO", "NBANDS",
    "NBLOCK", "NCORE", "NELM", "NELMDL", "NELMIN", "NPAR", "NSIM", "NSW", "NWRITE",
}  # fmt: skip
_REAL = {
    "AMIN", "AMIX", "AMIX_MAG", "ANDERSEN_PROB", "BMIX", "BMIX_MAG", "EDIFF", "EDIFFG", "ENCUT",
    "KSPACING", "LANGEVIN_GAMMA_L", "NELECT", "NUPDOWN", "PMASS", "POTIM", "PSTRESS", "SIGMA",
    "SMASS", "SYMPREC", "TEBEG", "TEEND", "TIME",
}  # fmt: skip
_WORD = {"ALGO", "GGA", "LREAL", "METAGGA", "PREC", "SYSTEM"}
_INTEGERS = {"LDAUL"}
_REALS = {"LANGEVIN_GAMMA", "LDAUJ", "LDAUU", "MAGMOM"}

_WORDS = {
    "ALGO": {"n", "normal", "v", "veryfast", "f", "fast", "a", "all", "d", "damped", "conjugate"},
    "GGA": {"pe", "ps", "rp", "am", "91"},
    "LREAL": {".false.", "false", "f", "a", "auto", "o", "on", ".true.", "true", "t"},
    "METAGGA": {"scan", "rscan", "r2scan", "tpss", "rtpss"},
    "PREC": {"low", "medium", "high", "normal", "single", "accurate"},
}


def read_incar(path: Path) -> dict[str, Value]:
    """Return the tags of an INCAR with the types that VASP gives them.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    VaspStop
        If a tag is unknown (VASP itself overlooks it), given twice or of the wrong type.
    """
    tags: dict[str, Value] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        for statement in re.split(r"[#!]", line)[0].split(";"):
            if not statement.strip():
                continue
            name, separator, text = (part.strip() for part in statement.partition("="))
            if not separator:
                raise VaspStop(f"INCAR: {statement.strip()!r} is no 'TAG = value'")
            if name in tags:
                raise VaspStop(f"INCAR: {name} is given twice")
            tags[name] = _value(name, text)
    return tags


def _value(name: str, text: str) -> Value:
    try:
        return _reader(name)(text)
    except (ValueError, IndexError) as error:
        raise VaspStop(f"Error reading item '{name}' from file INCAR: {text!r}") from error


def _reader(name: str) -> Callable[[str], Value]:
    if name in _LOGICAL:
        return _logical
    if name in _INTEGER:
        return int
    if name in _REAL:
        return _real
    if name in _INTEGERS:
        return lambda text: [int(value) for value in _repeated(text)]
    if name in _REALS:
        return lambda text: [_real(value) for value in _repeated(text)]
    if name in _WORD:
        return lambda text: _word(name, text)
    raise VaspStop(f"INCAR: there is no tag {name}")


def _logical(text: str) -> bool:
    letter = text.lstrip(".")[0].upper()
    if letter not in "TF":
        raise ValueError(text)
    return letter == "T"


def _real(text: str) -> float:
    return float(re.sub(r"[dD]", "e", text))


def _word(name: str, text: str) -> str:
    if name in _WORDS and text.lower() not in _WORDS[name]:
        raise ValueError(text)
    return text


def _repeated(text: str) -> list[str]:
    """Return the items of ``3*0.6 5.0``."""
    items = []
    for item in text.split():
        count, star, value = item.partition("*")
        items += [value] * int(count) if star else [item]
    return items
