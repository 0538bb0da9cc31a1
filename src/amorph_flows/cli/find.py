"""Finding a study: in a folder of this machine, or submitted to a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from fireworks import LaunchPad

    from amorph_flows.executors.state import StudyState

DEMO_FOLDER = Path("amorph-demo")
GLASS_FOLDER = Path("amorph-demo-glass")


def study_folder(study: Path | None) -> Path:
    """Return the folder of a study that is named by its folder, its file or not at all.

    Parameters
    ----------
    study
        What was typed.

    Raises
    ------
    InputError
        If there is no such study here.
    """
    from amorph_flows.study.comparison_file import load_any_study

    if study is None:
        here = [folder for folder in (Path(), DEMO_FOLDER) if _holds_study(folder)]
        if not here:
            raise InputError(
                f"there is no study here and none in {DEMO_FOLDER}; give the folder of a study"
            )
        return here[0]
    if study.is_dir():
        return study
    if not study.exists():
        raise InputError(f"there is no study {study}; give its folder or its file")
    return load_any_study(study).home


def report_uuid(state: StudyState, document: str = "StudyDoc") -> str | None:
    """Return the uuid of the last report of a study, None where it has none yet.

    Parameters
    ----------
    state
        Of the study.
    document
        Class of the document that the report is; that of a comparison of potentials is
        ``"PotentialComparisonDoc"``.
    """
    ended = [job.uuid for job in state.jobs if job.document == document and job.state == "done"]
    return ended[-1] if ended else None


def submitted_to(folder: Path) -> int | None:
    """Return the workflow of a study, or None if it last ran on this machine.

    Parameters
    ----------
    folder
        The study's folder.
    """
    from amorph_flows.executors.fireworks.launchpad import SubmissionRecord
    from amorph_flows.executors.state import StudyState

    record = SubmissionRecord.read(folder)
    if record is None:
        return None
    try:
        local = StudyState.read(folder)
    except InputError:
        return record.workflow
    return None if local.started > record.submitted else record.workflow


def read_study(study: Path | None, launchpad: Path | None) -> tuple[StudyState, Path | None]:
    """Return the state of one study and its folder, which is None if it is not on this machine.

    Parameters
    ----------
    study
        Its folder, its file or its name; None: the one here.
    launchpad
        File of the FireWorks database.

    Raises
    ------
    InputError
        If there is no such study.
    """
    from amorph_flows.executors.state import StudyState

    if is_here(study):
        folder = study_folder(study)
        if submitted_to(folder) is None:
            return StudyState.read(folder), folder
    else:
        folder = None
    from amorph_flows.executors.fireworks.status import read_submitted_state

    database, workflows = find_submitted(study, launchpad)
    return read_submitted_state(database, workflows[0]), folder


def is_here(study: Path | None) -> bool:
    """Return whether a study is named by its folder or file, or is in this folder.

    Parameters
    ----------
    study
        What was typed.
    """
    if study is None:
        return any(_holds_study(folder) for folder in (Path(), DEMO_FOLDER))
    return study.exists()


def find_submitted(
    study: Path | None, launchpad: Path | None, *, everywhere: bool = False
) -> tuple[LaunchPad, list[dict[str, Any]]]:
    """Return the FireWorks database and the workflows that are meant in it, newest first.

    Parameters
    ----------
    study
        Folder, file or name of a study; None: the one here, else all of the database.
    launchpad
        File of the database.
    everywhere
        Whether all of the database is meant where no study is named.

    Raises
    ------
    InputError
        If there is none.
    """
    from amorph_flows.executors.fireworks.launchpad import (
        SubmissionRecord,
        find_workflows,
        launchpad_file,
        open_launchpad,
    )

    here = is_here(study) and not everywhere
    if launchpad is None and not here and launchpad_file() is None:
        raise InputError(
            f"there is no study {study or 'here'}; give its folder or its file, or its name with "
            "--launchpad where it was submitted to FireWorks"
        )
    record = SubmissionRecord.read(study_folder(study)) if here else None
    database = open_launchpad(launchpad or (record.launchpad or None if record else None))
    marks: dict[str, Any] = {"workflow": record.workflow} if record else {}
    if record is None and study is not None:
        marks = {"study": study_folder(study).resolve().name if study.exists() else str(study)}
    found = list(find_workflows(database, **marks))
    if not found:
        what = f"no study {study}" if study is not None else "no submitted study"
        raise InputError(
            f"the FireWorks database holds {what}, and there is no study in this folder"
        )
    return database, found


def all_submitted(launchpad: Path | None) -> Iterator[StudyState]:
    """Yield the states of all submitted studies, newest first.

    Parameters
    ----------
    launchpad
        File of the FireWorks database.
    """
    from amorph_flows.executors.fireworks.status import read_submitted_state

    database, workflows = find_submitted(None, launchpad, everywhere=True)
    for workflow in workflows:
        yield read_submitted_state(database, workflow)


def _holds_study(folder: Path) -> bool:
    from amorph_flows.executors.fireworks.launchpad import SUBMISSION_FILE
    from amorph_flows.executors.state import STATE_FILE

    return any((folder / name).exists() for name in (STATE_FILE, SUBMISSION_FILE))
