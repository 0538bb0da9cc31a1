"""Repeat a relaxed crystal to the cell that is molten."""

from __future__ import annotations

from amorph_flows.errors import CalculationError
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import RelaxDoc
from amorph_flows.structures import supercell_by_axes


@stage_job(RelaxDoc, kind="light")
def repeat_relaxed(relaxed: RelaxDoc, multiples: tuple[int, int, int]) -> RelaxDoc:
    """Return a relaxed crystal in a larger cell, whose energy is that of as many cells.

    Parameters
    ----------
    relaxed
        The crystal.
    multiples
        Repetitions along its axes.

    Raises
    ------
    CalculationError
        If the relaxation ended before it converged.
    """
    if not relaxed.converged:
        raise CalculationError(
            f"the crystal was not relaxed after {relaxed.n_steps} steps: a force of "
            f"{relaxed.max_force_ev_a:.3f} eV/Å is left; raise engine.relax_max_steps, or set "
            "relax_crystal to false",
            relaxed.directory,
        )
    cell = supercell_by_axes(relaxed.structure, multiples)
    n_cells = len(cell) / len(relaxed.structure)
    return relaxed.renewed(structure=cell, energy_ev=n_cells * relaxed.energy_ev)
