"""What the source imports and what the package declares are the same."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "amorph_flows"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]

NOT_DECLARED = {
    "amorph_flows": "itself",
    "llvmlite": "numba works with one version of it",
    "jobflow_remote": "it needs another pymongo and so an environment of its own",
    "e3nn": "of the environments of networks",
    "mace": "in an environment of its own",
    "nequip": "in an environment of its own",
    "pandas": "of the environment of ACE",
    "pyace": "in an environment of its own",
    "quippy": "in an environment of its own",
    "sevenn": "in an environment of its own",
}
NOT_IMPORTED = {"mpich": "its libmpi is loaded by LAMMPS"}


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


USED = names(PROJECT["dependencies"]).union(
    *(names(EXTRAS[extra]) for extra in EXTRAS if extra not in ("all", "test", "docs"))
)


def modules_of(package: str) -> set[str]:
    """Names of the modules that a package installs; its own name where it is not installed."""
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        return {package.replace("-", "_")}
    found = set()
    for file in files:
        folder, name = file.parts[:-1], file.parts[-1].partition(".")[0]
        if file.suffix in (".py", ".so") and ".." not in folder:
            found.add(".".join(folder if name == "__init__" else (*folder, name)))
    return found


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module))
    return {name for name in found if name.partition(".")[0] not in sys.stdlib_module_names}


IMPORTED = {
    path.relative_to(SOURCE): found for path in SOURCE.rglob("*.py") if (found := imports(path))
}


def test_every_import_is_of_a_declared_package() -> None:
    known = set().union(*(modules_of(package) for package in USED))
    for_tests = known.union(*(modules_of(package) for package in names(EXTRAS["test"])))
    foreign = {
        f"{path}: {name}"
        for path, found in IMPORTED.items()
        for name in found
        if name.partition(".")[0] not in NOT_DECLARED
        and not {name, name.partition(".")[0]}
        & (for_tests if path.parts[0] == "testing" else known)
    }
    assert not foreign


def test_every_declared_package_is_imported() -> None:
    imported = set().union(*IMPORTED.values())
    idle = {package for package in USED if not imported & modules_of(package)}
    assert idle == set(NOT_IMPORTED)


def test_all_is_every_extra_that_can_stand_in_one_environment() -> None:
    separate = {"gpaw", "persistence"}  # compiled at its installation; under the GPL
    (everything,) = EXTRAS["all"]
    assert Requirement(everything).extras == set(EXTRAS) - separate - {"all", "test", "docs"}
