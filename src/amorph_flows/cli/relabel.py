"""The command that labels a dataset again with another engine: relabel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amorph_flows.cli.group import app
from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from jobflow import JobStore

    from amorph_flows.schemas.dataset import DatasetDoc
    from amorph_flows.schemas.relabel import EstimateField, RelabelDoc


@app.command()
def relabel(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="Folder of the study or its file.")
    ],
    engine: Annotated[
        str,
        typer.Option(
            "--engine", "-e", help="The new engine, named as in a study file, such as GPAW."
        ),
    ],
    dataset: Annotated[
        str | None,
        typer.Option(help="uuid of a dataset, or its beginning; default: the study's last one."),
    ] = None,
    max_frames: Annotated[
        int | None,
        typer.Option(min=1, help="Maximum number of frames, evenly spaced; default: all."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", min=1, help="Number of jobs at once; default: one for each core."
        ),
    ] = None,
) -> None:
    """Label the dataset of a study with another engine and compare the two.

    The new labels are a dataset of their own in the study's store: labels of two engines never
    mix. Frames that the engine fails on are left out, with their reasons. Files go to a folder
    relabel-ENGINE in that of the study, which itself is not changed. Ctrl-C stops; the same
    command goes on and computes no label twice.

    Examples
    --------
    ```
    amorph relabel study.yaml --engine GPAW --max-frames 10
    amorph relabel amorph-demo --engine VASP --dataset 3f2a91c0
    ```
    """
    from amorph_flows.cli.display import Display
    from amorph_flows.engines.named import named_engine
    from amorph_flows.executors import run_study
    from amorph_flows.executors.local.termination import exit_code
    from amorph_flows.flows import RelabelMaker
    from amorph_flows.schemas.relabel import RelabelDoc
    from amorph_flows.store import load_document, study_store

    new_engine = named_engine(engine)
    new_engine.check()
    home = _home(study)
    with closing(study_store(home, create=False)) as store:
        former = _dataset(store, home, dataset)
        if former.engine.settings_hash == new_engine.info().settings_hash:
            raise InputError(
                f"dataset {former.job_uuid} already has the labels of {engine}; name another engine"
            )
        flow = RelabelMaker(engine=new_engine, max_frames=max_frames).make(former)
        folder = home / f"relabel-{re.sub(r'[^A-Za-z0-9.+-]+', '_', engine)}"
        marks = {"study": home.name, "home": str(folder), "engine": engine}
        flow.update_metadata(marks, dynamic=True)
        try:
            with Display(f"{home.name}, {engine}") as display:
                run_study(flow, store, folder, jobs, display.show, title=folder.name)
        except KeyboardInterrupt as stop:
            typer.echo(
                "amorph: stopped; finished labels are kept, and the same command continues",
                err=True,
            )
            raise typer.Exit(exit_code(stop)) from None
        uuids = {name: reference.uuid for name, reference in flow.output.items()}
        comparison = load_document(store, uuids["comparison"])
        if isinstance(comparison, RelabelDoc):
            for line in _lines(comparison):
                typer.echo(line)
        for name, uuid in uuids.items():
            typer.echo(f"{name}: {uuid}")


def _home(study: Path) -> Path:
    """Return the folder of a study that is named by its folder or its file."""
    from amorph_flows.study.study_file import load_study

    if study.is_dir():
        return study.resolve()
    if not study.exists():
        raise InputError(f"there is no study {study}; give its folder or its file")
    return load_study(study).home


def _dataset(store: JobStore, home: Path, uuid: str | None) -> DatasetDoc:
    """Return the dataset of a uuid, by default the last that the study has made."""
    from amorph_flows.executors.state import StudyState
    from amorph_flows.schemas.dataset import DatasetDoc
    from amorph_flows.store import load_document

    if uuid is None:
        jobs = StudyState.read(home).jobs
        made = [j.uuid for j in jobs if j.document == DatasetDoc.__name__ and j.state == "done"]
        if not made:
            raise InputError(f"the study in {home} has no dataset yet; `amorph status` shows why")
        uuid = made[-1]
    document = load_document(store, uuid)
    if not isinstance(document, DatasetDoc):
        raise InputError(f"{uuid} is a {type(document).__name__}, not a dataset")
    return document


def _lines(comparison: RelabelDoc) -> Iterator[str]:
    """Yield the lines that summarise a comparison."""
    former, new = comparison.former_engine.name, comparison.engine.name
    yield f"{former} against {new}: {comparison.n_frames} frames"
    for failure in comparison.quarantined:
        yield f"set aside: frame {failure.index}: {failure.reason}"
    forces = {"all": comparison.forces, **comparison.forces_by_element}
    for name, force in forces.items():
        correlation = _number(force.correlation, 3)
        yield (
            f"forces, {name}: MAE {_number(force.mae, 3)} eV/Å, RMSE {_number(force.rmse, 3)} "
            f"eV/Å, correlation {correlation}; {new} has {force.reference_rms:.3f} eV/Å rms"
        )
    energies = comparison.energies
    for formula, offset in energies.offsets_ev_atom.items():
        yield f"energies, {formula}: {former} is {_number(offset, 4)} eV/atom above {new}"
    if energies.n_frames:
        yield (
            f"energies without that: MAE {_number(energies.mae, 1)}, RMSE "
            f"{_number(energies.rmse, 1)} meV/atom; {new} varies by "
            f"{energies.reference_std:.1f} meV/atom"
        )


def _number(estimate: EstimateField | None, digits: int) -> str:
    if estimate is None:
        return "undefined"
    error = "" if estimate.error is None else f" ± {estimate.error:.{digits}f}"
    return f"{estimate.value:.{digits}f}{error}"
