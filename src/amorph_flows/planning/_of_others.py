"""Forecasts of datasets, insertion, snapshots and analysis, whose costs are small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pymatgen.core import Species, Structure

from amorph_flows.flows.more_glasses import add_glasses
from amorph_flows.jobs.random_structure import RandomStructureMaker
from amorph_flows.planning._filled import with_ions
from amorph_flows.planning._of_engines import frames_of
from amorph_flows.planning.forecast import Call, Expected, Forecast, Frames, forecaster
from amorph_flows.schemas.combined import GlassesUntil
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.structures import random_packing, read_mixture

_JOBS = "amorph_flows.jobs."
_INSERTION_S_ATOM = 0.06
_COMPARISON_S = 0.15
_ANALYSIS_S_ATOM = 1.5e-6
_REPORT_S = 1.0
_FIGURE_S = 0.2


@forecaster(_JOBS + "random_structure.pack")
def pack(call: Call) -> Forecast:
    """Forecast a packing; one whose density is asked of a server is not known."""
    maker: RandomStructureMaker = call.given["maker"]
    if maker.density_g_cm3 is None and maker.density_from != "radii":
        raise LookupError("density")
    packed = random_packing(
        read_mixture(call.given["composition"], maker.oxidation_states),
        maker.n_atoms,
        density_g_cm3=maker.density_g_cm3,
        min_distance_a=maker.min_distance_a,
        seed=call.given["seed"],
        cell_shape=maker.cell_shape,
    )
    return Forecast(other_s=1.0, output=Expected(structure=packed))


@forecaster(_JOBS + "insertion.insert_ions")
def insert_ions(call: Call) -> Forecast:
    """Forecast an insertion: the host with its ions."""
    host = call.structure("host")
    filled = with_ions(host, Species.from_str(call.given["ion"]).symbol, call.given["n_ions"])
    return Forecast(other_s=_INSERTION_S_ATOM * len(host), output=Expected(structure=filled))


@forecaster(_JOBS + "crystal.repeat_relaxed")
def repeat_relaxed(call: Call) -> Forecast:
    """Forecast a crystal in a larger cell."""
    return Forecast(output=Expected(structure=call.structure("relaxed") * call.given["multiples"]))


@forecaster(_JOBS + "dataset.build_dataset")
def build_dataset(call: Call) -> Forecast:
    """Forecast a dataset: one or two test parts, one for validation, the rest for training."""
    frames = _merged([label.frames for label in call.given["labels"] if label is not None])
    n_tests = 1 if call.given["split"] == "random" else 2
    held_out = n_tests * call.given["test_fraction"] + call.given["validation_fraction"]
    n_frames = sum(n for _, n in frames)
    return _dataset(Expected(frames=frames, n_training=(1 - held_out) * n_frames))


@forecaster(_JOBS + "dataset.extend_dataset")
def extend_dataset(call: Call) -> Forecast:
    """Forecast a dataset with more frames, all for training."""
    before, labels = call.given["dataset"], [label.frames for label in call.given["labels"]]
    added = sum(n for frames in labels for _, n in frames)
    frames = _merged([before.frames, *labels])
    return _dataset(Expected(frames=frames, n_training=before.n_training + added))


@forecaster(_JOBS + "relabel.take_frames")
def take_frames(call: Call) -> Forecast:
    """Forecast a part of a dataset: its frames, evenly spaced, split as they were."""
    data = _data(call)
    most = call.given["max_frames"] or data.n_frames
    share = min(1.0, most / data.n_frames)
    frames = tuple((cell, share * n) for cell, n in data.frames)
    return _dataset(Expected(frames=frames, n_training=share * data.n_training))


@forecaster(_JOBS + "potential_comparison.take_training_frames")
def take_training_frames(call: Call) -> Forecast:
    """Forecast a dataset with a part of its training frames."""
    data, n_training = _data(call), call.given["n_training"]
    left = (data.n_frames - data.n_training + n_training) / data.n_frames
    frames = tuple((cell, left * n) for cell, n in data.frames)
    return _dataset(Expected(frames=frames, n_training=n_training))


@forecaster(_JOBS + "voltage.take_snapshots")
def take_snapshots(call: Call) -> Forecast:
    """Forecast snapshots of the second half of a run, each with and without its ions."""
    run, symbol = call.given["run"], Species.from_str(call.given["ion"]).symbol
    cell = call.structure("run")
    total = int(run.n_frames)
    places = np.linspace(total - 1, total // 2, call.given["n_snapshots"]).round()
    n = len(np.unique(places))
    host = Structure.from_sites([site for site in cell if site.specie.symbol != symbol])
    return Forecast(output=replace(run, frames=((cell, n), (host, n))))


@forecaster(_JOBS + "voltage.take_crystals")
def take_crystals(call: Call) -> Forecast:
    """Forecast two crystals for single points."""
    cells = [doc.structure for doc in _documents(call) if doc.structure is not None]
    return Forecast(output=Expected(frames=tuple((cell, 1.0) for cell in cells)))


@forecaster(_JOBS + "structure.compare_structures")
def compare_structures(call: Call) -> Forecast:
    """Forecast the comparison of structures: rings, order and neighbours of each sample."""
    return Forecast(other_s=_COMPARISON_S * len(_documents(call)))


@forecaster(_JOBS + "transport.collect_transport")
def collect_transport(call: Call) -> Forecast:
    """Forecast the analysis of trajectories."""
    atoms = sum(run.n_frame_atoms for run in _documents(call))
    return Forecast(other_s=0.3 + _ANALYSIS_S_ATOM * atoms)


@forecaster(_JOBS + "transport.collect_engine_transport")
def collect_engine_transport(call: Call) -> Forecast:
    """Forecast the analysis of engine MD."""
    atoms = sum(piece.n_frame_atoms for pieces in call.given["runs"] for piece in pieces)
    return Forecast(other_s=0.3 + _ANALYSIS_S_ATOM * atoms)


@forecaster(_JOBS + "study.write_report")
def write_report(call: Call) -> Forecast:
    """Forecast the report, a figure or more of each run, and glasses that are added after it."""
    study, then = call.raw["settings"], None
    most = call.case.n_glasses(study.n_glasses, study.until.most_glasses)
    if most > study.n_glasses:
        [collect] = [job for job in call.together if job.uuid == call.raw["quench"].uuid]
        host = next(iter([*collect.function_args, *collect.function_kwargs.values()]))
        if not isinstance(host, Structure):
            raise LookupError("quench")
        more = most - study.n_glasses
        then = add_glasses(replace(study, until=GlassesUntil()), host, call.raw, more)
    return Forecast(other_s=_REPORT_S + _FIGURE_S * len(call.given["production"]), then=then)


def handed_on(call: Call) -> Forecast:
    """Forecast a light job that is not known: it hands on what it is given first.

    Parameters
    ----------
    call
        The job.
    """
    return Forecast(output=next(iter(_documents(call)), Expected()))


def _data(call: Call) -> Expected:
    """Return the dataset of a job, which may be there already."""
    data = call.given["dataset"]
    if isinstance(data, DatasetDoc):
        data = Expected(frames=_merged([frames_of(data.frames)]), n_training=len(data.training))
    if not data.frames:
        raise LookupError("dataset")
    return data


def _dataset(output: Expected) -> Forecast:
    return Forecast(output=output, frame_atoms=output.n_frame_atoms)


def _documents(call: Call) -> list[Expected]:
    """Return what stands for documents among the arguments, lists opened."""
    values = [v for value in call.given.values() for v in _opened(value)]
    return [value for value in values if isinstance(value, Expected)]


def _opened(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _merged(parts: list[Frames]) -> Frames:
    """Return frames with one entry for each size and formula."""
    cells: dict[tuple[int, str], tuple[Structure, float]] = {}
    for structure, n in (entry for part in parts for entry in part):
        key = len(structure), structure.composition.formula
        first, before = cells.get(key, (structure, 0.0))
        cells[key] = first, before + n
    return tuple(cells.values())
