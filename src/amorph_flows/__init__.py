"""From a crystal to trustworthy voltages and diffusivities of its amorphous form."""

from __future__ import annotations

__version__: str


def __getattr__(name: str) -> str:
    """Return the version; what reads it is imported when it is asked for."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("amorph-flows")
