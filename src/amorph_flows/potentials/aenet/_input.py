"""Files that AENET's programs read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ase.data import chemical_symbols

from amorph_flows.datasets.frames import Frame
from amorph_flows.schemas.fits import AENETSettings

TRAINING_SET = "data.train"


def xsf(frame: Frame) -> str:
    """Return a structure with its energy, eV, and forces, eV/Å, zero where there are none.

    Parameters
    ----------
    frame
        A periodic configuration; generate.x refuses structures without forces, but uses none.
    """
    lines = [f"# total energy = {frame.energy_ev:.10f} eV"] if frame.energy_ev is not None else []
    lines += ["", "CRYSTAL", "PRIMVEC", *(_numbers(vector) for vector in frame.cell)]
    lines += ["PRIMCOORD", f"{frame.n_atoms} 1"]
    for index, (number, position) in enumerate(zip(frame.numbers, frame.positions, strict=True)):
        force = (0.0, 0.0, 0.0) if frame.forces is None else frame.forces[index]
        lines.append(f"{chemical_symbols[number]:2s} {_numbers(position)} {_numbers(force)}")
    return "\n".join(lines) + "\n"


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:18.10f}" for value in values)


def fingerprint(element: str, species: Sequence[str], settings: AENETSettings) -> str:
    """Return the setup of the structural fingerprint of an element, a Chebyshev basis.

    Parameters
    ----------
    element
        Its symbol.
    species
        All elements.
    settings
        Cutoffs and orders.
    """
    environment = "\n".join(species)
    return (
        f"DESCR\n  Chebyshev basis of {element}\nEND DESCR\n\n"
        f"ATOM {element}\n\nENV  {len(species)}\n{environment}\n\n"
        f"RMIN {settings.min_distance!r}\n\n"
        "BASIS type=Chebyshev\n"
        f"radial_Rc = {settings.cutoff!r}  radial_N = {settings.radial_order} "
        f"angular_Rc = {settings.angular_cutoff!r}  angular_N = {settings.angular_order}\n"
    )


def setup_name(element: str) -> str:
    """Return the name of the file of an element's fingerprint."""
    return f"{element}.fingerprint.stp"


def generate_in(alone: Mapping[str, float], structures: Sequence[str]) -> str:
    """Return the input of generate.x.

    Parameters
    ----------
    alone
        Energy of a lone atom of each element, eV, which is subtracted.
    structures
        Names of the XSF files.
    """
    types = "\n".join(f"{element} {energy:.10f}" for element, energy in alone.items())
    setups = "\n".join(f"{element} {setup_name(element)}" for element in alone)
    files = "\n".join(structures)
    return (
        f"OUTPUT {TRAINING_SET}\n\nTYPES\n{len(alone)}\n{types}\n\nSETUPS\n{setups}\n\n"
        f"FILES\n{len(structures)}\n{files}\n"
    )


def train_in(species: Sequence[str], settings: AENETSettings) -> str:
    """Return the input of train.x.

    Parameters
    ----------
    species
        Element symbols.
    settings
        Layers and epochs.
    """
    layers = " ".join(f"{nodes}:{settings.activation}" for nodes in settings.hidden)
    networks = "\n".join(f"{e} {network_name(e)} {len(settings.hidden)} {layers}" for e in species)
    return (
        f"TRAININGSET ../{TRAINING_SET}\nTESTPERCENT {settings.test_percent!r}\n"
        f"ITERATIONS {settings.max_steps}\n\nMETHOD\nbfgs\n\nNETWORKS\n{networks}\n"
    )


def predict_in(species: Sequence[str], member: int, structures: int, *, forces: bool) -> str:
    """Return the input of predict.x.

    Parameters
    ----------
    species
        Element symbols.
    member
        Which of the networks of each element.
    structures
        How many XSF files there are.
    forces
        Whether to compute them.
    """
    names = "\n".join(species)
    networks = "\n".join(f"{e} {network_name(e, member)}" for e in species)
    files = "\n".join(structure_name(i) for i in range(structures))
    asked = "FORCES\n\n" if forces else ""
    return (
        f"TYPES\n{len(species)}\n{names}\n\nNETWORKS\n{networks}\n\n{asked}"
        f"FILES\n{structures}\n{files}\n"
    )


def network_name(element: str, member: int = 0) -> str:
    """Return the name of the file of an element's network; member 0 is the potential itself."""
    return f"{element}.nn" if member == 0 else f"{element}.member{member}.nn"


def structure_name(index: int) -> str:
    """Return the name of a structure's file."""
    return f"structure{index:06d}.xsf"
