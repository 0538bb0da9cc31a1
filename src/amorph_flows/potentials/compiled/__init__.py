"""C++ code that is compiled on first use: libraries, and plugins of LAMMPS."""

from pathlib import Path

CPP = Path(__file__).parent / "cpp"
"""Headers that the C++ code of several potentials includes."""
