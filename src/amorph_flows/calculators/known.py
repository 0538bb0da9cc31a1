"""The ASE calculators that an engine can name, each loaded once in a process."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, util
from typing import TYPE_CHECKING, Any

from amorph_flows.calculators.gpaw._process import find_gpaw
from amorph_flows.errors import InputError, MissingDependencyError, unknown_name
from amorph_flows.hashes import sha256_of

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

_NO_CHGNET = {"Po", "At", "Rn", "Fr", "Ra"}


@dataclass(frozen=True)
class KnownCalculator:
    """A calculator with a short name.

    Parameters
    ----------
    path
        Where its class is, ``package.module:Class``.
    package
        The package whose version it carries.
    extra
        The extra of amorph-flows that installs the package.
    elements
        Returns the element symbols that it knows; None: it does not say.
    surrogate
        Whether it only imitates density functional theory.
    has_stress
        Whether it gives a stress.
    probe
        Returns the version where the package is not one of this interpreter, or raises
        `MissingDependencyError`.
    identity
        Returns, of the calculator's arguments, what else changes its numbers.
    """

    path: str
    package: str
    extra: str | None = None
    elements: Callable[[], frozenset[str]] | None = None
    surrogate: bool = True
    has_stress: bool = True
    probe: Callable[[], str] | None = None
    identity: Callable[[dict[str, Any]], dict[str, Any]] | None = None


def _chgnet_elements() -> frozenset[str]:
    from ase.data import chemical_symbols

    return frozenset(chemical_symbols[1:95]) - _NO_CHGNET


def _toy_elements() -> frozenset[str]:
    from amorph_flows.calculators.toy import TOY_IONS

    return frozenset(TOY_IONS)


def _gpaw_identity(settings: dict[str, Any]) -> dict[str, Any]:
    from amorph_flows.calculators.gpaw._calculator import gpaw_identity

    return gpaw_identity(settings)


KNOWN = {
    "CHGNet": KnownCalculator(
        "amorph_flows.calculators._chgnet:QuietCHGNetCalculator",
        "chgnet",
        "chgnet",
        _chgnet_elements,
    ),
    "toy": KnownCalculator(
        "amorph_flows.calculators.toy:ToyCalculator", "amorph_flows", None, _toy_elements
    ),
    "GPAW": KnownCalculator(
        "amorph_flows.calculators.gpaw._calculator:GPAWCalculator",
        "gpaw",
        "gpaw",
        surrogate=False,
        has_stress=False,
        probe=lambda: find_gpaw().version,
        identity=_gpaw_identity,
    ),
}
"""Calculators by short name; any other is named ``package.module:ClassOrFactory``.

Nothing heavy is imported for the table: `amorph doctor` reads it.
"""


def described_calculator(name: str) -> KnownCalculator:
    """Return what is known about a calculator, whether or not it is installed.

    Parameters
    ----------
    name
        A short name or ``package.module:ClassOrFactory``.

    Raises
    ------
    InputError
        If the name is neither.
    """
    if name not in KNOWN and ":" not in name:
        raise unknown_name("calculator", name, KNOWN, ", or 'package.module:ClassOrFactory'")
    return KNOWN.get(name) or KnownCalculator(name, name.partition(":")[0].partition(".")[0])


def find_calculator(name: str) -> KnownCalculator:
    """Return what is known about a calculator, without loading it.

    Parameters
    ----------
    name
        A short name or ``package.module:ClassOrFactory``.

    Raises
    ------
    InputError
        If the name is neither.
    MissingDependencyError
        If its package is not installed.
    """
    found = described_calculator(name)
    if found.probe is not None:
        found.probe()
    elif util.find_spec(found.package) is None:
        raise MissingDependencyError(found.package, found.extra, f"pip install {found.package}")
    return found


def load_factory(name: str) -> Callable[..., Calculator]:
    """Return the class or factory of a calculator.

    Parameters
    ----------
    name
        A short name or ``package.module:ClassOrFactory``.

    Raises
    ------
    InputError
        If the module has no such attribute, or it cannot be called.
    MissingDependencyError
        If the module cannot be imported.
    """
    module_name, _, attribute = find_calculator(name).path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        raise MissingDependencyError(missing, hint=f"pip install {missing}") from error
    factory = getattr(module, attribute, None)
    if not callable(factory):
        raise InputError(f"calculator {name!r}: {module_name} has no class or function {attribute}")
    return factory


def calculator_has_stress(name: str) -> bool:
    """Return whether a calculator gives stresses, as far as it can be told before it is made.

    Parameters
    ----------
    name
        A short name or ``package.module:ClassOrFactory``.

    Raises
    ------
    InputError
        If the name is neither.
    MissingDependencyError
        If its package cannot be imported.
    """
    known = find_calculator(name)
    if ":" not in name:
        return known.has_stress
    listed = getattr(load_factory(name), "implemented_properties", None)
    return "stress" in listed if listed else known.has_stress


def get_calculator(name: str, settings: dict[str, Any]) -> Calculator:
    """Return the calculator of a name and its settings, the same one each time in a process.

    Parameters
    ----------
    name
        A short name or ``package.module:ClassOrFactory``.
    settings
        Arguments of the class or factory.

    Raises
    ------
    InputError
        If it refuses its settings.
    """
    return _cached(name, canonical_json(settings))


@contextmanager
def opened_calculator(name: str, settings: dict[str, Any]) -> Iterator[Calculator]:
    """Give the calculator of a name and its settings; a process of its own is ended after use.

    Parameters
    ----------
    name, settings
        As for `get_calculator`.
    """
    calculator = get_calculator(name, settings)
    try:
        yield calculator
    finally:
        close = getattr(calculator, "close", None)
        if callable(close):
            close()


@lru_cache
def calculator_version(name: str) -> str:
    """Return the version of the package behind a calculator, empty if it has none.

    Parameters
    ----------
    name
        A short name or ``package.module:ClassOrFactory``.
    """
    known = find_calculator(name)
    if known.probe is not None:
        return known.probe()
    try:
        if name in KNOWN:
            return metadata.version(known.package)
        distributions = metadata.packages_distributions().get(known.package, [known.package])
        return metadata.version(distributions[0])
    except metadata.PackageNotFoundError:
        return ""


def settings_hash(name: str, settings: dict[str, Any], version: str) -> str:
    """Return the hash of everything that changes a calculator's numbers.

    Parameters
    ----------
    name
        Of the calculator.
    settings
        Its arguments.
    version
        Of its package.
    """
    content: dict[str, Any] = {"calculator": name, "settings": settings, "version": version}
    identity = find_calculator(name).identity
    if identity is not None:
        content["identity"] = identity(settings)
    return sha256_of(canonical_json(content))[:16]


def canonical_json(value: object) -> str:
    """Return JSON that does not depend on the order of keys.

    Parameters
    ----------
    value
        Anything that monty can make into JSON.
    """
    from monty.json import jsanitize

    return json.dumps(jsanitize(value, strict=True), sort_keys=True)


@lru_cache(maxsize=8)
def _cached(name: str, settings: str) -> Calculator:
    factory = load_factory(name)
    try:
        return factory(**json.loads(settings))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"calculator {name!r} does not accept the settings {settings}: {error}"
        ) from error
