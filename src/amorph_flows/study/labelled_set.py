"""The dataset that a comparison of potentials names: a file of labelled frames, or a store."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amorph_flows.errors import InputError, MissingDependencyError, unknown_name

if TYPE_CHECKING:
    from amorph_flows.datasets.frames import FrameSet
    from amorph_flows.schemas.dataset import DatasetDoc
    from amorph_flows.schemas.labelling import EngineInfo

_SPLITS = {
    "random": "test_fraction",
    "blocks": "block_fraction",
    "validation": "validation_fraction",
    "min_contact_a": "min_contact_a",
    "max_force_ev_a": "max_force_ev_a",
}
_OF_A_STORE = ("store", "uuid")


def read_dataset(
    where: str | Mapping[str, Any],
    labels: str | None,
    reference: EngineInfo | None,
    splits: Mapping[str, Any],
    seed: int,
) -> DatasetDoc:
    """Return the dataset of a comparison, split.

    Parameters
    ----------
    where
        An extended XYZ file, the folder of a study or the address of a store, whose newest dataset
        is taken, or ``{store: ..., uuid: ...}``.
    labels
        Engine of the labels of a file; None: the reference, or that of its frames.
    reference
        Engine of what the potentials are compared with; None: there is none.
    splits
        Shares of the frames of a file: ``random`` and ``blocks`` for the test, ``validation``; and
        ``min_contact_a`` and ``max_force_ev_a``, beyond which frames are left out.
    seed
        Seed of the split of a file.

    Raises
    ------
    InputError
        If it is not there, its frames are not labelled, or are labelled by two engines.
    """
    if isinstance(where, str) and Path(where).is_file():
        return _from_frames(Path(where), labels, reference, splits, seed)
    if splits or labels:
        key = "splits" if splits else "labels"
        raise InputError(
            f"compare.{key}: the dataset {where} has its split and its engine; leave {key} out"
        )
    dataset = _from_store(where)
    _require_labels(dataset.frames, str(where))
    _one_engine(dataset.frames, str(where))
    return dataset


def _from_store(where: str | Mapping[str, Any]) -> DatasetDoc:
    from amorph_flows.schemas.dataset import DatasetDoc
    from amorph_flows.store.opening import store_to_read
    from amorph_flows.store.query import latest, load_document

    named: Mapping[str, Any] = {"store": where} if isinstance(where, str) else where
    for key in named:
        if key not in _OF_A_STORE:
            raise InputError(f"compare.dataset: {unknown_name('key', key, _OF_A_STORE)}")
    place = str(named.get("store", ""))
    if not place:
        raise InputError("compare.dataset: the key 'store' is missing; add it")
    if "://" not in place and not Path(place).exists():
        raise InputError(
            f"compare.dataset: there is no {place}; give an extended XYZ file, or the folder of a "
            "study that has made a dataset"
        )
    with closing(store_to_read(place)) as store:
        if "uuid" not in named:
            return latest(store, DatasetDoc)
        found = load_document(store, str(named["uuid"]))
    if not isinstance(found, DatasetDoc):
        raise InputError(f"{named['uuid']} is a {type(found).__name__}, not a dataset")
    return found


def _from_frames(
    path: Path,
    labels: str | None,
    reference: EngineInfo | None,
    splits: Mapping[str, Any],
    seed: int,
) -> DatasetDoc:
    from amorph_flows.datasets.io import read_extxyz
    from amorph_flows.jobs.dataset import split_dataset

    shares: dict[str, Any] = {}
    for key, value in splits.items():
        if key not in _SPLITS:
            raise InputError(f"compare.splits: {unknown_name('key', key, _SPLITS)}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"compare.splits.{key} must be a number, got {value!r}")
        shares[_SPLITS[key]] = float(value)
    frames = read_extxyz(path)
    _require_labels(frames, str(path))
    engine = _engine(frames, path, labels, reference)
    try:
        return split_dataset(frames, engine, seed=seed, **shares)
    except InputError as error:
        raise InputError(f"compare.splits: {error}") from error


def _require_labels(frames: FrameSet, where: str) -> None:
    for number, frame in enumerate(frames):
        missing = [
            name
            for name, value in (("energy", frame.energy_ev), ("forces", frame.forces))
            if value is None
        ]
        if missing:
            raise InputError(
                f"compare.dataset: configuration {number + 1} of {where} has no "
                f"{' and no '.join(missing)}; every method is tested on energies and forces, and "
                "most are fitted to both, so label it again or leave it out"
            )


def _one_engine(frames: FrameSet, where: str) -> tuple[str, str]:
    """Return the engine that frames name, and the hash of its settings."""
    found: dict[tuple[str, str], int] = {}
    for number, frame in enumerate(frames):
        origin = frame.provenance
        found.setdefault((origin.engine, origin.settings_hash), number + 1)
    if len(found) > 1:
        named = "; ".join(
            f"{engine or 'not named'}{f' ({settings})' if settings else ''} from configuration "
            f"{first}"
            for (engine, settings), first in found.items()
        )
        raise InputError(
            f"compare.dataset: {where} has energies of {len(found)} engines or settings, which "
            f"never mix in one dataset: {named}; give the frames of one"
        )
    return next(iter(found), ("", ""))


def _engine(
    frames: FrameSet, path: Path, labels: str | None, reference: EngineInfo | None
) -> EngineInfo:
    """Return the engine of the labels of a file."""
    name, settings = _one_engine(frames, str(path))
    if labels:
        info = _info(labels)
    elif reference is not None:
        info = reference
    elif name:
        info = _info(name)
    else:
        raise InputError(
            f"compare.labels: the frames of {path} do not name the engine that labelled them; "
            "name it, as in labels: VASP-PBE+U"
        )
    if name and name not in (labels, info.name):
        raise InputError(
            f"the energies of {path} are of {name!r}, and the {'labels' if labels else 'engine'} "
            f"{labels or info.name!r} are named in the study file: energies of two engines cannot "
            "be compared; name the engine of the frames"
        )
    return info.model_copy(update={"settings_hash": settings}) if settings else info


def _info(name: str) -> EngineInfo:
    """Return what is known of an engine, which need not be one that can run here."""
    from amorph_flows.engines.named import engine_names, named_engine
    from amorph_flows.hashes import sha256_of
    from amorph_flows.schemas.labelling import EngineInfo

    if name in engine_names() or ":" in name:
        try:
            return named_engine(name).info()
        except MissingDependencyError:
            pass
    return EngineInfo(name=name, settings_hash=sha256_of(f"labels of {name}"), surrogate=False)
