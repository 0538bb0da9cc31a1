"""The documents of a small study of glasses, described for real and heated on paper."""

from __future__ import annotations

from functools import cache

import numpy as np
from pymatgen.core import Lattice, Structure
from report_study import study_parts, uuid_of

from amorph_flows.analysis import (
    elastic_constants,
    fit_glass_transition,
    strain_states,
)
from amorph_flows.flows import GlassStudyMaker
from amorph_flows.jobs.glass import combine_glass_structures, describe_glass
from amorph_flows.jobs.glass_making import collect_glasses
from amorph_flows.jobs.ion_dynamics import combine_ion_dynamics
from amorph_flows.potentials import classical_potential
from amorph_flows.references import read_references
from amorph_flows.report.glass import GlassParts
from amorph_flows.schemas.elastic import ElasticDoc
from amorph_flows.schemas.glass import GlassAnalysis, GlassDoc, GlassStructureDoc
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.ion_dynamics import IonDynamicsDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.transport import TransportDoc

SEEDS = (1, 2)
DENSITY = {"quantity": "density", "value": 2.7, "unit": "g/cm³", "source": "a balance"}
TRACER = {
    "quantity": "tracer_diffusivity",
    "value": 2e-5,
    "unit": "cm²/s",
    "temperature_k": 1200.0,
    "source": "a tracer",
}
TRANSPORTS: list[TransportDoc] = [
    study_parts().transport.model_copy(update={"job_uuid": uuid_of(f"transp{seed}")})
    for seed in SEEDS
]


@cache
def glass_parts(rate_k_per_ps: float = 1.0) -> GlassParts:
    """Return two glasses of magnesium silicate with everything that a study has of them.

    Parameters
    ----------
    rate_k_per_ps
        At which they were cooled.
    """
    potential = classical_potential("pedone", ["Mg", "Si", "O"])
    runs = [_run(seed) for seed in SEEDS]
    made = collect_glasses.original(potential, rate_k_per_ps, runs)
    return GlassParts(
        preset="test",
        made=made.model_copy(update={"job_uuid": uuid_of("glasses")}),
        runs=runs,
        potential=potential,
        structure=described().model_copy(update={"amorphous": None}),
        transitions=[_transition(seed, ensemble) for seed in SEEDS for ensemble in ("npt", "nvt")],
        elastic=[_elastic(seed) for seed in SEEDS],
        ions=_ions(runs),
        references=read_references([DENSITY, TRACER]),
        settings=GlassStudyMaker.from_preset("glass-demo").settings,
    )


def _glass(seed: int) -> Structure:
    """Return cristobalite with magnesium in its cages and disorder."""
    sites = [[0, 0, 0], [0.125, 0.125, 0.125]]
    glass = Structure.from_spacegroup("Fd-3m", Lattice.cubic(7.16), ["Si", "O"], sites)
    for index in (0, 5):
        glass.append("Mg", glass.frac_coords[index] + [0.5, 0.5, 0.5])
    moves = np.random.default_rng(seed).normal(0, 0.05, (len(glass), 3))
    return Structure(
        glass.lattice, glass.species, glass.cart_coords + moves, coords_are_cartesian=True
    )


def _run(seed: int) -> TrajectoryDoc:
    run = study_parts().production[0]
    changes = {"structure": _glass(seed), "temperature_k": 300.0, "cpu_seconds": 3600.0}
    own = {"job_uuid": uuid_of(f"glass{seed}"), "mean_density_g_cm3": 2.7 + 0.02 * seed}
    return run.model_copy(update={**changes, **own, "formula": "MgSi4O8"})


@cache
def described() -> GlassStructureDoc:
    """Return what these are like: no glasses, as the verdict on their order says."""
    analysis = GlassAnalysis(cutoffs_a={"Si-O": 2.1}, largest_ring=8, q_max=8.0, grid_a=0.5)
    glasses: list[GlassDoc] = [
        describe_glass.original(_glass(seed), ion="Mg2+", settings=analysis) for seed in SEEDS
    ]
    return combine_glass_structures.original(glasses)


def _transition(seed: int, ensemble: str) -> GlassTransitionDoc:
    """Return what cooling gives: energies and volumes with a bend at 1000 K."""
    kelvin = np.arange(2000.0, 200.0, -100.0)
    noise = np.random.default_rng(seed).normal(0, 1e-4, len(kelvin))
    curve = 1e-4 * kelvin + 5e-5 * np.maximum(kelvin - 1000.0, 0.0) + noise
    found = GlassTransitionDoc.from_result(fit_glass_transition(kelvin, curve))
    changes = {"temperatures_k": kelvin, "energies_ev_atom": curve, "ensemble": ensemble}
    return found.model_copy(update={**changes, "cpu_seconds": 1800.0})


def _elastic(seed: int) -> ElasticDoc:
    """Return the constants of an isotropic solid of 45 GPa for bulk and 30 GPa for shear."""
    strains = strain_states(1e-3, 2)
    c = np.diag([30.0] * 3 + [30.0 + seed] * 3)
    c[:3, :3] += 45.0 - 2 * 30.0 / 3 + np.eye(3) * 30.0
    found = ElasticDoc.from_result(elastic_constants(strains, strains @ c / 160.21766208))
    return found.model_copy(update={"inputs_cpu_seconds": 1800.0})


def _ions(runs: list[TrajectoryDoc]) -> IonDynamicsDoc:
    kelvin = [point.temperature_k for point in TRANSPORTS[0].temperatures]
    held = [
        [
            run.model_copy(update={"temperature_k": t, "job_uuid": uuid_of(f"{seed}held{t:g}")})
            for t in kelvin
        ]
        for seed, run in zip(SEEDS, runs, strict=True)
    ]
    keys = [("npt", "Mg2+", seed) for seed in SEEDS]
    return combine_ion_dynamics.original(keys, TRANSPORTS, [None for _ in SEEDS], held)
