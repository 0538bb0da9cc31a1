"""Documents of turns of active learning."""

from __future__ import annotations

from amorph_flows.schemas.active_learning import ExplorationRun, GenerationDoc
from amorph_flows.schemas.labelling import QuarantinedCalculation


def generation(turn: int, broke: bool, labelled: int = 3, failures: int = 0) -> GenerationDoc:
    run = ExplorationRun(
        run=f"run {turn}",
        formula="MgV2O5",
        temperature_k=1200.0,
        seed=1,
        asked_fs=1000.0,
        reached_fs=500.0 if broke else 1000.0,
        broke=broke,
        max_grade=11.0 if broke else 1.5,
        fraction_above_select=0.1,
        n_saved=4,
    )
    return GenerationDoc(
        turn=turn,
        potential_uuid="p",
        runs=[run],
        n_candidates=4,
        n_refused=0,
        n_selected=labelled + failures,
        n_labelled=labelled,
        quarantined=[QuarantinedCalculation(index=i, reason="SCF") for i in range(failures)],
    )
