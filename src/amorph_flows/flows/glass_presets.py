"""Settings of whole studies of glasses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from amorph_flows.engines import PotentialEngine
from amorph_flows.flows.batch_active_learning import FALLING, BatchActiveLearningMaker, hot_runs
from amorph_flows.flows.elastic import ElasticMaker
from amorph_flows.flows.glass_making import GlassMaker
from amorph_flows.flows.glass_transition import GlassTransitionMaker
from amorph_flows.flows.ion_dynamics import IonDynamicsMaker
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.jobs.random_structure import RandomStructureMaker
from amorph_flows.lammps import GlassSchedule
from amorph_flows.schemas.fits import MTPSettings


def christensen2025() -> dict[str, Any]:
    """Return Christensen et al., J. Mater. Chem. A (2025), section 2.3; cooled at 1 K/ps."""
    holds = ProductionMDMaker(
        supercell=(1, 1, 1),
        time_step_fs=1.0,
        equilibration_fs=50_000.0,
        production_fs=50_000.0,
        damping_fs=100.0,
    )
    return {
        "preset": "christensen2025",
        "transition_ensembles": ("nvt", "npt"),
        "transition": GlassTransitionMaker(
            production=holds, temperatures_k=tuple(float(t) for t in range(2000, 200, -100))
        ),
        "elastic": ElasticMaker(engine=PotentialEngine("pedone"), step=1e-4, n_steps=20),
    }


def glass_demo() -> dict[str, Any]:
    """Return a study of minutes on two cores; it shows what comes out and converges nothing."""
    holds = ProductionMDMaker(
        supercell=(1, 1, 1),
        equilibration_fs=2000.0,
        production_fs=2000.0,
        frame_stride=50,
        damping_fs=100.0,
    )
    engine = PotentialEngine("pedone", relax_fmax_ev_a=1e-2)
    return {
        "preset": "glass-demo",
        "transition_ensembles": ("npt",),
        "glasses": GlassMaker(
            packing=RandomStructureMaker(n_atoms=350),
            n_glasses=2,
            schedule=GlassSchedule(
                start_nvt_fs=1000,
                start_npt_fs=1000,
                melt_nvt_fs=4000,
                melt_npt_fs=6000,
                rate_k_per_ps=300,
                relax_fs=4000,
                time_step_fs=2.0,
                frame_stride=200,
            ),
        ),
        "transition": GlassTransitionMaker(
            production=holds, temperatures_k=tuple(float(t) for t in range(2100, 200, -300))
        ),
        "elastic": ElasticMaker(engine=engine, step=0.005, n_steps=1),
        "ions": IonDynamicsMaker(
            temperatures_k=(900.0, 1200.0, 1500.0),
            heatings=("npt",),
            rate_k_per_ps=600.0,
            equilibration_fs=2000.0,
            production_fs=20_000.0,
            time_step_fs=2.0,
            frame_stride=20,
        ),
    }


def short_learning() -> BatchActiveLearningMaker:
    """Return batch active learning of minutes; its potential is not one to be believed."""
    maker = BatchActiveLearningMaker()
    return replace(
        maker,
        fit=replace(maker.fit, settings=MTPSettings(level=8, cutoff=5.0, max_steps=150, **FALLING)),
        packing=replace(maker.packing, n_atoms=28, scales=(0.9, 1.0, 1.1)),
        sampling=replace(hot_runs(), duration_fs=60.0, time_step_fs=1.0, frame_stride=6),
        melt_fs=500.0,
        cooling_rate_k_ps=5000.0,
        time_step_fs=1.0,
        test_atoms=350,
        test_fs=1000.0,
        max_selected=20,
        max_turns=4,
        label_jobs=1,
    )


PRESETS: dict[str, Callable[[], dict[str, Any]]] = {
    "christensen2025": christensen2025,
    "glass-demo": glass_demo,
}
