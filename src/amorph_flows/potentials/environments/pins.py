"""The tested environments of methods that cannot share ours: their packages and licences."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from amorph_flows.errors import unknown_name


@dataclass(frozen=True)
class Environment:
    """What a method needs in an environment of its own.

    Parameters
    ----------
    name
        What `amorph install-backend` calls it, and its folder.
    requirements
        The tested version of each package that matters, ``name==version``, one a line.
    packages
        Those of the method, whose versions have to be the tested ones to the last digit.
    modules
        Imported once when it is made.
    licence
        Of the method's code.
    non_commercial
        Whether it may not be used commercially.
    setting
        The setting that names another interpreter; empty where there is none.
    gigabytes
        What it takes, about.
    """

    name: str
    requirements: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    licence: str
    non_commercial: bool = False
    setting: str = ""
    gigabytes: float = 0.0

    @property
    def variable(self) -> str:
        """The variable of the setting."""
        return f"AMORPH_{self.setting.upper()}"

    @property
    def pins(self) -> dict[str, str]:
        """The tested version of each package."""
        lines = (line.partition("#")[0].strip() for line in self.requirements.splitlines())
        pairs = (line.split("==") for line in lines if line)
        return {name.strip(): version.strip() for name, version in pairs}

    @property
    def remedy(self) -> str:
        """The command that makes it."""
        return f"amorph install-backend {self.name}"

    @property
    def terms(self) -> str:
        """The licence, with the warning where it is a non-commercial one."""
        warning = "; for non-commercial use only" if self.non_commercial else ""
        return f"{self.licence}{warning}"


def _pinned(
    name: str,
    packages: tuple[str, ...],
    licence: str,
    gigabytes: float,
    *,
    modules: tuple[str, ...],
    non_commercial: bool = False,
) -> Environment:
    file = resources.files(__package__) / "pins" / f"{name}.txt"
    return Environment(
        name=name,
        requirements=file.read_text(encoding="utf-8"),
        packages=packages,
        modules=modules,
        licence=licence,
        non_commercial=non_commercial,
        setting=f"{name.partition('-')[0]}_python",
        gigabytes=gigabytes,
    )


_ASL = "Academic Software License"

ACE = _pinned(
    "ace",
    ("python-ace", "tensorpotential"),
    _ASL,
    6.6,
    modules=("pyace", "tensorpotential"),
    non_commercial=True,
)
ACE_EVALUATE = _pinned(
    "ace-evaluate", ("python-ace",), _ASL, 0.4, modules=("pyace",), non_commercial=True
)
GAP = _pinned("gap", ("quippy-ase",), "GPL-2.0", 0.4, modules=("quippy",))
NEQUIP = _pinned("nequip", ("nequip", "nequip-allegro"), "MIT", 5.6, modules=("nequip", "allegro"))
MACE = _pinned("mace", ("mace-torch",), "MIT", 5.8, modules=("mace",))
SEVENN = _pinned("sevenn", ("sevenn",), "MIT", 5.9, modules=("sevenn",))

ENVIRONMENTS: dict[str, Environment] = {
    one.name: one
    for one in (
        ACE,
        ACE_EVALUATE,
        NEQUIP,
        MACE,
        SEVENN,
        GAP,
    )
}
"""The environments of this package by name."""


def get_environment(name: str) -> Environment:
    """Return the environment of a name.

    Parameters
    ----------
    name
        Such as ``"ace"``.

    Raises
    ------
    InputError
        If there is none; the message has the nearest name.
    """
    if name not in ENVIRONMENTS:
        raise unknown_name("environment", name, ENVIRONMENTS)
    return ENVIRONMENTS[name]
