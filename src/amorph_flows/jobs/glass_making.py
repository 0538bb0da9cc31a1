"""Gather glasses that were made alike."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.errors import CalculationError
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.glass_making import CoolingVerdict, GlassesDoc, MadeGlass
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.spread import SpreadDoc

MOST_RATE_K_PER_PS = 10.0


@stage_job(GlassesDoc)
def collect_glasses(
    potential: PotentialDoc, rate_k_per_ps: float, runs: Sequence[TrajectoryDoc | None]
) -> GlassesDoc:
    """Return what glasses have in common and how they differ.

    Parameters
    ----------
    potential
        What they were made with.
    rate_k_per_ps
        At which they were cooled, K/ps.
    runs
        Of each glass; None stands for one that failed and is left out.

    Raises
    ------
    CalculationError
        If no glass was made.
    """
    made = [
        (number, run)
        for number, run in enumerate(runs, start=1)
        if run is not None and not run.failure and run.mean_density_g_cm3 is not None
    ]
    if not made:
        raise CalculationError(f"none of {len(runs)} glasses was made; see their jobs")
    glasses = [
        MadeGlass(
            number=number,
            run_uuid=run.job_uuid,
            run_directory=run.directory,
            seed=run.seed,
            density_g_cm3=run.mean_density_g_cm3,
            energy_ev_atom=run.mean_energy_ev_atom,
        )
        for number, run in made
    ]
    first = made[0][1]
    return GlassesDoc(
        formula=first.formula,
        n_atoms=first.n_atoms,
        n_asked=len(runs),
        potential_uuid=first.potential_uuid,
        method=potential.method,
        rate_k_per_ps=rate_k_per_ps,
        cooling=judge_cooling(rate_k_per_ps),
        ensemble=first.ensemble,
        glasses=glasses,
        density_g_cm3=SpreadDoc.of([glass.density_g_cm3 for glass in glasses], "g/cm³"),
        energy_ev_atom=SpreadDoc.of([glass.energy_ev_atom for glass in glasses], "eV/atom"),
    )


def judge_cooling(rate_k_per_ps: float) -> Verdict:
    """Return whether glasses were cooled slowly, as MD goes.

    Properties change with the logarithm of the rate, and no rate of MD is that of an experiment, so
    that the limit is a convention: ten times the published 1 K/ps (Christensen et al., J. Mater.
    Chem. A (2025), section 2.3).

    Parameters
    ----------
    rate_k_per_ps
        K/ps.
    """
    slow = rate_k_per_ps <= MOST_RATE_K_PER_PS
    return Verdict(
        question="cooled slowly?",
        answer=CoolingVerdict.SLOW if slow else CoolingVerdict.FAST,
        passed=slow,
        scope="numerical",
        reason=f"the melt was cooled at {rate_k_per_ps:g} K/ps (limit {MOST_RATE_K_PER_PS:g} K/ps; "
        "published glasses were cooled at 1 K/ps)",
        numbers={"rate_k_per_ps": rate_k_per_ps},
        thresholds={"rate_k_per_ps": MOST_RATE_K_PER_PS},
    )
