"""Queries at 100,000 documents: on a MongoDB server and on the embedded store.

A server of its own is needed: ``AMORPH_TEST_MONGO_URI`` names one, and a database
``amorph_bench`` is made there and dropped; without it SecantusDB (`pip install
'amorph-flows[test]'`) is started.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import bson
import numpy as np
from jobflow import JobStore
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc
from amorph_flows.schemas.melt_quench import Branch, QuenchDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import FileReference, TrajectoryDoc
from amorph_flows.schemas.study import ResultRow, StudyDoc
from amorph_flows.store import ensure_indexes, find_documents, find_results, load_document
from amorph_flows.store import open_store as open_any
from amorph_flows.store.keys import search_keys
from amorph_flows.store.sqlite import write_document

N_DOCUMENTS = int(os.environ.get("AMORPH_BENCH_DOCUMENTS", "100000"))
N_CELLS = int(os.environ.get("AMORPH_BENCH_CELLS", "12"))  # of 8 atoms
PER_STUDY = 100
BATCH = 1000
REPEATS = 3
IONS = {"Mg2+": "V2O5", "Na+": "FePO4", "Li+": "FePO4", "Ca2+": "V2O5", "Zn2+": "MnO2"}
ENGINE = EngineInfo(name="CHGNet", version="0.4.2", settings_hash="0" * 16, surrogate=True)


def verdict(rng: np.random.Generator, question: str, good: str, bad: str) -> Verdict:
    """Return a verdict that passes seven times in ten."""
    passed = bool(rng.random() < 0.7)
    return Verdict(
        question=question,
        answer=good if passed else bad,
        passed=passed,
        scope="numerical",
        reason="The number is 1.23 where at most 1.00 is allowed, so that it may be doubted.",
        numbers={"measured": 1.23, "others": 0.45},
        thresholds={"largest": 1.0},
    )


def label(cell: Structure, formula: str, **_: object) -> LabelDoc:
    """Return the labels of one MD run."""
    return LabelDoc(
        engine=ENGINE, run=f"hold {formula}", n_steps=5000, frames=FrameSet(), structure=cell
    )


def run(rng: np.random.Generator, cell: Structure, formula: str) -> TrajectoryDoc:
    """Return one production run."""
    return TrajectoryDoc(
        run="900 K",
        formula=formula,
        temperature_k=900.0,
        potential_uuid=str(uuid.uuid4()),
        start="quench",
        n_atoms=len(cell),
        time_step_fs=2.0,
        equilibration_fs=5e4,
        production_fs=1e6,
        asked_fs=1e6,
        seed=1,
        trajectory=FileReference(
            path="/scratch/run/trajectory.dump",
            format="lammps-dump",
            sha256="0" * 64,
            n_frames=5000,
            species=["Mg", "V", "O"],
        ),
        structure=cell,
        mean_temperature_k=900.0,
        mean_energy_ev_atom=-7.0,
        verdicts=[verdict(rng, "diffusive?", "DIFFUSIVE", "SUBDIFFUSIVE")],
    )


def potential(rng: np.random.Generator, **_: object) -> PotentialDoc:
    """Return one potential."""
    return PotentialDoc(
        species=["Mg", "V", "O"],
        settings=MTPSettings(),
        engine=ENGINE,
        files={},
        sha256="0" * 64,
        n_parameters=383,
        n_training_frames=1000,
        errors={},
        training_cpu_seconds=1e3,
        verdicts=[verdict(rng, "accurate?", "ACCURATE", "INACCURATE")],
    )


def quench(rng: np.random.Generator, cell: Structure, **_: object) -> QuenchDoc:
    """Return one melt-quench with five branches."""
    branches = [
        Branch(
            temperature_k=300.0 * n,
            structure=cell,
            label_uuid=str(uuid.uuid4()),
            amorphous=verdict(rng, "amorphous?", "AMORPHOUS", "CRYSTALLINE"),
        )
        for n in range(1, 6)
    ]
    return QuenchDoc(
        engine=ENGINE,
        crystal=cell,
        schedule=[],
        quench_rate_k_per_ps=100.0,
        label_uuids=[],
        melted=verdict(rng, "melted?", "MELTED", "SOLID"),
        branches=branches,
    )


def dataset(formula: str, **_: object) -> DatasetDoc:
    """Return one dataset of a thousand frames."""
    return DatasetDoc(
        engine=ENGINE,
        frames=FrameSet(),
        training=list(range(900)),
        validation=list(range(900, 950)),
        test_random=list(range(950, 1000)),
        test_blocks=[],
        n_duplicates=0,
        composition={formula: {"900": 1000}},
        seed=0,
    )


def study(rng: np.random.Generator, **_: object) -> StudyDoc:
    """Return the end of one study."""
    row = ResultRow(
        quantity="average_voltage",
        structure_source="MTP MD",
        value=2.5,
        unit="V",
        uncertainty=0.1,
        verdict="believed" if rng.random() < 0.5 else "not to be believed",
        reason="All verdicts behind it allow belief.",
        documents=[],
    )
    return StudyDoc(
        title="bench",
        preset="demo",
        ion="Mg2+",
        results=[row] * 12,
        report_html="report.html",
        report_json="report.json",
    )


KINDS: list[tuple[Callable[..., StageDocument], int]] = [
    *((label, 60), (run, 20), (potential, 10), (quench, 5), (dataset, 4), (study, 1))
]


def stored(number: int, output: dict[str, Any], study_number: int, ion: str) -> dict[str, Any]:
    """Return a document as jobflow stores it."""
    when = np.datetime64("2024-01-01T00:00:00") + np.timedelta64(number * 600, "s")
    metadata = {"study": f"study-{study_number:04d}", "ion": ion, "formula": IONS[ion]}
    return {
        "uuid": str(uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)),
        "index": 1,
        "name": "job",
        "completed_at": f"{when}.000000",
        "hosts": [str(uuid.UUID(int=study_number))],
        "metadata": metadata | search_keys(output, metadata),
        "output": output,
    }


def documents() -> Iterator[dict[str, Any]]:
    """Yield the documents of all studies, as many of each kind as a study has."""
    rng = np.random.default_rng(0)
    symbols = ["Mg", "V", "V", "O", "O", "O", "O", "O"] * N_CELLS
    cell = Structure(Lattice.cubic(11.0), symbols, rng.random((len(symbols), 3)))
    ions = list(IONS)
    variants = {
        (kind, ion): [
            jsanitize(
                kind(rng=rng, cell=cell, formula=f"{ion[:2]}V2O5"), strict=True, enum_values=True
            )
            for _ in range(10)
        ]
        for kind, _ in KINDS
        for ion in ions
    }
    for number in range(N_DOCUMENTS):
        study_number, place = divmod(number, PER_STUDY)
        ion = ions[study_number % len(ions)]
        kind = next(k for k, most in _cumulated() if place < most)
        yield stored(number, variants[kind, ion][number % 10], study_number, ion)


def _cumulated() -> list[tuple[Callable[..., StageDocument], int]]:
    total, found = 0, []
    for kind, share in KINDS:
        total += share
        found.append((kind, total))
    return found


def batches() -> Iterator[list[dict[str, Any]]]:
    """Yield the documents in batches."""
    batch: list[dict[str, Any]] = []
    for document in documents():
        batch.append(document)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


QUERIES: dict[str, dict[str, Any]] = {
    "everything, the newest 100": {},
    "by study": {"study": "study-0042"},
    "by stage": {"stage": "potential"},
    "by formula": {"formula": "FePO4"},
    "by ion": {"ion": "Mg"},
    "by verdict": {"verdict": "SUBDIFFUSIVE"},
    "since a date": {"since": "2024-06-01"},
    "stage and ion": {"stage": "production_md", "ion": "Mg2+"},
    "stage, ion and verdict": {"stage": "production_md", "ion": "Mg2+", "verdict": "doubted"},
    "study, stage and dates": {
        "study": "study-0042",
        "stage": "production_md",
        "since": "2024-01-01",
        "until": "2026-01-01",
    },
}


def measured(question: Callable[[], int], repeats: int = REPEATS) -> tuple[int, float]:
    """Return what a question gives and its median wall time, ms."""
    times, found = [], 0
    for _ in range(repeats):
        start = time.perf_counter()
        found = question()
        times.append(1e3 * (time.perf_counter() - start))
    return found, median(times)


def ask(store: JobStore, repeats: int = REPEATS) -> dict[str, tuple[int, float]]:
    """Return number of documents and time of every query."""
    answers = {
        name: measured(lambda where=where: len(list(find_documents(store, **where))), repeats)
        for name, where in QUERIES.items()
    }
    some = next(find_documents(store, stage="potential"))["uuid"]
    answers["one document by the beginning of its uuid"] = measured(
        lambda: int(load_document(store, some[:8]) is not None), repeats
    )
    answers["results of the newest 10 studies"] = measured(
        lambda: len(list(find_results(store, limit=10))), repeats
    )
    return answers


def show(title: str, answers: dict[str, tuple[int, float]]) -> None:
    """Print a table."""
    print(f"\n{title}\n| query | found | ms |\n|---|---|---|")
    for name, (found, ms) in answers.items():
        print(f"| {name} | {found} | {ms:.1f} |", flush=True)


@contextmanager
def server() -> Iterator[str]:
    """Give the address of a MongoDB server."""
    given = os.environ.get("AMORPH_TEST_MONGO_URI")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "secantusd.toml")
        settings.write_text("# none of this machine\n")
        command = [str(Path(sys.executable).with_name("secantusd-py")), "--config", str(settings)]
        command += ["--port", "27391", "--storage-path", f"{folder}/data", "--log-level", "WARNING"]
        process = subprocess.Popen(command, cwd=folder)
        try:
            yield "mongodb://127.0.0.1:27391/"
        finally:
            process.terminate()
            process.wait()


def wait_for(uri: str) -> None:
    """Return when the server answers."""
    for _ in range(300):
        try:
            with MongoClient(uri, serverSelectionTimeoutMS=200) as client:
                client.admin.command("ping")
                return
        except PyMongoError:
            time.sleep(0.2)
    raise SystemExit(f"no server answers at {uri}")


def on_mongodb() -> None:
    """Measure on a server."""
    with server() as uri:
        wait_for(uri)
        store = open_any(uri.rstrip("/") + "/amorph_bench")
        collection = store.docs_store._collection
        collection.database.client.drop_database("amorph_bench")
        size, start = 0, time.perf_counter()
        for batch in batches():
            size += sum(len(bson.encode(document)) for document in batch[:10]) * len(batch) // 10
            collection.insert_many(batch)
        print(f"filled with {N_DOCUMENTS} documents, {size / 1e6:.0f} MB,", end=" ")
        print(f"in {time.perf_counter() - start:.0f} s", flush=True)
        start = time.perf_counter()
        ensure_indexes(store)
        print(f"indexes made in {time.perf_counter() - start:.1f} s", flush=True)
        answers = ask(store)
        show("MongoDB server", answers)
        collection.database.client.drop_database("amorph_bench")


def on_disk() -> None:
    """Measure on the embedded store."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_any(folder)
        start = time.perf_counter()
        with sqlite3.connect(store.docs_store.path) as connection:
            for batch in batches():
                for document in batch:
                    write_document(connection, None, document)
        print(f"\nembedded store filled in {time.perf_counter() - start:.0f} s", flush=True)
        show("embedded store", ask(store))
        newest = stored(N_DOCUMENTS, {"@module": "amorph_flows.schemas.potential"}, 0, "Mg2+")
        _, ms = measured(lambda: store.update(newest) or 1)
        print(f"one document written in {ms:.1f} ms")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["mongodb", "embedded"]
    if "mongodb" in wanted:
        on_mongodb()
    if "embedded" in wanted:
        on_disk()
