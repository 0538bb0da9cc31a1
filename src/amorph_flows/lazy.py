"""Lazy imports: a package imports a module when one of its names is first used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package (PEP 562) that exports names of its modules.

    A command then waits only for what it uses: jobflow alone takes two seconds to import.

    Parameters
    ----------
    package
        Its ``__name__``.
    modules
        Names by the module, seen from the package, that defines them. No name may be that of a
        module of the package, which would take its place.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def attribute(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f".{homes[name]}", package), name)

    return attribute
