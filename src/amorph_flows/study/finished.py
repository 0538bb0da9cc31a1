"""Finished studies, recognised by a fingerprint of their inputs without making their flow."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import amorph_flows
from amorph_flows.errors import InputError
from amorph_flows.executors.fireworks.launchpad import SUBMISSION_FILE
from amorph_flows.executors.state import StudyState, locked
from amorph_flows.hashes import sha256_of, sha256_of_file
from amorph_flows.store.embedded import EmbeddedStore
from amorph_flows.store.opening import may_be_configured
from amorph_flows.study.study_file import Study


def inputs_fingerprint(study: Study) -> str:
    """Return the hash of all that the flow of a study depends on.

    That is the study file, the structures, the packages of this environment with the source of
    this one, and the ``AMORPH_*`` variables.

    Parameters
    ----------
    study
        The study.
    """
    structures = [study.structure, study.discharged_structure]
    variables = {name: value for name, value in os.environ.items() if name.startswith("AMORPH_")}
    return sha256_of(
        repr(study),
        *(sha256_of_file(path) for path in structures if path is not None),
        sys.version,
        *sorted(_distributions()),
        _source(),
        repr(sorted(variables.items())),
    )


def finished_state(study: Study) -> StudyState | None:
    """Return the state of a study that is known to be finished, else None.

    None says nothing: the study may be finished all the same, as running it will show.

    Parameters
    ----------
    study
        The study.
    """
    try:
        state = StudyState.read(study.home)
        if not state.fingerprint or state.state != "complete":
            return None
        if (study.home / SUBMISSION_FILE).exists() or may_be_configured():
            return None
        same = state.fingerprint == _fingerprint(inputs_fingerprint(study), study.home, state)
    except (InputError, OSError):
        return None
    return state if same else None


def remember_finished(study: Study, inputs: str) -> None:
    """Write the fingerprint of a study that this process has finished, if it is reliable.

    It does not where the documents are in a store that is shared, or where the numbers of the
    engine depend on more than packages, as those of VASP and GPAW do.

    Parameters
    ----------
    study
        The study.
    inputs
        Its `inputs_fingerprint` from before its flow was made.
    """
    if may_be_configured() or not _engine_is_a_package(study):
        return
    with suppress(InputError), locked(study.home):
        state = StudyState.read(study.home)
        if state.state == "complete" and state.pid == os.getpid():
            fingerprint = _fingerprint(inputs, study.home, state)
            state.model_copy(update={"fingerprint": fingerprint}).write(study.home)


def _fingerprint(inputs: str, home: Path, state: StudyState) -> str:
    """Return the hash of the inputs, the jobs and their documents with the bulk data."""
    store = EmbeddedStore(home)
    jobs = {(job.uuid, job.index): job.state for job in state.jobs}
    documents = sorted(repr(row) for row in store.docs_store.listed() if row[:2] in jobs)
    keys = store.data.query({}, ["blob_uuid", "job_uuid", "job_index"])
    blobs = sorted(k["blob_uuid"] for k in keys if (k["job_uuid"], k["job_index"]) in jobs)
    return sha256_of(inputs, repr(sorted(jobs.items())), *documents, *blobs)


def _engine_is_a_package(study: Study) -> bool:
    """Return whether the numbers of a study's engine change only with an installed package."""
    from amorph_flows.calculators.known import described_calculator
    from amorph_flows.engines import AseEngine

    engine = study.maker().engine
    if not isinstance(engine, AseEngine):
        return False
    known = described_calculator(engine.calculator)
    if known.probe is not None or known.identity is not None:
        return False
    ours = known.package == amorph_flows.__name__
    return ours or known.package in metadata.packages_distributions()


def _distributions() -> Iterator[str]:
    """Yield the names of installed packages, with their versions."""
    for folder in dict.fromkeys(sys.path):
        for pattern in ("*.dist-info", "*.egg-info"):
            yield from (path.name for path in Path(folder).glob(pattern))


def _source() -> str:
    """Return the hash of this package's files: one that is being worked on keeps its version."""
    home = Path(amorph_flows.__file__).parent
    files = [p for p in home.rglob("*") if p.is_file() and p.parent.name != "__pycache__"]
    hashes = (f"{path.relative_to(home)} {sha256_of_file(path)}" for path in sorted(files))
    return sha256_of(*hashes)
