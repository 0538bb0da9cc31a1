"""Documents of two studies, for tests of stores and of what asks them."""

import numpy as np
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import FileReference, TrajectoryDoc
from amorph_flows.store import (
    find_documents,
)

UUIDS = [f"{i:08x}-0000-4000-8000-000000000000" for i in range(1, 6)]


def verdict(answer, passed):
    return Verdict("diffusive?", answer, passed, "numerical", "measured")


def potential():
    return PotentialDoc(
        species=["Mg", "V", "O"],
        settings=MTPSettings(),
        engine=EngineInfo(name="toy", settings_hash="0", surrogate=True),
        files={"potential.mtp": b"MTP\n" + b"1.0 " * 1000},
        sha256="0",
        n_parameters=1,
        n_training_frames=1,
        errors={},
        curves={"loss": [1.0, 0.5]},
        training_cpu_seconds=1.0,
    )


def trajectory(structure, temperature, *verdicts):
    return TrajectoryDoc(
        run=f"{temperature} K",
        formula="MgV2O5",
        temperature_k=temperature,
        potential_uuid=UUIDS[0],
        start="quench",
        n_atoms=len(structure),
        time_step_fs=2.0,
        equilibration_fs=10.0,
        production_fs=20.0,
        asked_fs=20.0,
        seed=1,
        trajectory=FileReference(path="x", format="lammps-dump", sha256="", n_frames=1, species=[]),
        structure=structure,
        mean_temperature_k=temperature,
        mean_energy_ev_atom=-1.0,
        curves={"grade": np.zeros(3).tolist()},
        verdicts=list(verdicts),
    )


def put(store, number, document, *, hour, **metadata):
    stored = {
        "uuid": UUIDS[number],
        "index": 1,
        "name": type(document).__name__,
        "completed_at": f"2025-06-30T{hour:02d}:00:00.5",
        "metadata": metadata,
        "output": jsanitize(document, strict=True, enum_values=True),
    }
    store.update(stored, save={"data": ["frames", "curves", "files"]})


def filled(store):
    """Return a store with four documents of two studies and one that is of no stage."""
    structure = Structure(Lattice.cubic(4), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    mine = {"study": "mine", "ion": "Mg2+", "formula": "V2O5"}
    put(store, 0, potential(), hour=10, **mine)
    put(store, 1, trajectory(structure, 300.0, verdict("caged", False)), hour=11, **mine)
    put(store, 2, trajectory(structure, 900.0, verdict("diffusive", True)), hour=12, **mine)
    put(store, 3, potential(), hour=9, study="other", ion="Na+", formula="FePO4")
    store.update({"uuid": "5" * 8, "index": 1, "output": {"x": 1}, "completed_at": "2026"})
    return store


def found(store, **where):
    return [UUIDS.index(summary["uuid"]) for summary in find_documents(store, **where)]
