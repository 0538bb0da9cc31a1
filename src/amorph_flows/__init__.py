"""From a crystal to trustworthy voltages and diffusivities of its amorphous form."""

from importlib.metadata import version

__version__ = version("amorph-flows")
