"""What cannot be converged with the settings of a study, whatever its numbers will be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from amorph_flows.analysis import TransportThresholds
from amorph_flows.flows.active_learning import ActiveLearningMaker
from amorph_flows.jobs.active_learning.conclude import CONVERGED_FS
from amorph_flows.jobs.potential import MIN_TRAINING_FRAMES
from amorph_flows.jobs.production_verdicts import WIDTH_QUESTION
from amorph_flows.jobs.voltage import MIN_SAMPLED_FS, MIN_SNAPSHOTS
from amorph_flows.planning._walk import Node
from amorph_flows.planning.forecast import Expected
from amorph_flows.remedies import LENGTH
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.plan import Obstacle
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures import minimum_width

_WITH_POTENTIAL = "all from MD with the potential"
_TRANSPORT = "diffusivities and all that follows from them"
_LENGTH_KEYS = {"engine MD": LENGTH["sampling"], "MTP MD": LENGTH["mtp_sampling"]}


def obstacles_of(nodes: Sequence[Node]) -> list[Obstacle]:
    """Return the checks that jobs with these settings cannot pass, each once.

    Parameters
    ----------
    nodes
        The jobs, at their most.
    """
    found = [
        *_voltages(nodes),
        *_learning(nodes),
        *_fits(nodes),
        *_production(nodes),
        *_glasses(nodes),
    ]
    return list({obstacle.model_dump_json(): obstacle for obstacle in found}.values())


def _of(nodes: Sequence[Node], function: str) -> list[Node]:
    return [node for node in nodes if node.function == f"amorph_flows.jobs.{function}"]


def _voltages(nodes: Sequence[Node]) -> Iterator[Obstacle]:
    question = "sampled long enough?"
    for node in _of(nodes, "voltage.take_snapshots"):
        run = node.forecast.output
        results = f"voltage of {run.source}"
        if run.sampled_fs is not None and run.sampled_fs < MIN_SAMPLED_FS:
            yield Obstacle(
                results=results,
                question=question,
                reason=f"runs of {run.sampled_fs / 1e3:g} ps ({MIN_SAMPLED_FS / 1e3:g} asked for)",
                key=_LENGTH_KEYS.get(run.source, ""),
                needed=MIN_SAMPLED_FS,
            )
        n = min((n for _, n in run.frames), default=0.0)
        if n < MIN_SNAPSHOTS:
            yield Obstacle(
                results=results,
                question=question,
                reason=f"{n:g} snapshots ({MIN_SNAPSHOTS} asked for)",
                key="voltage.n_snapshots",
                needed=MIN_SNAPSHOTS,
            )
    for node in _of(nodes, "voltage.collect_voltages"):
        source = node.given["crystal_source"]
        if source != "given":
            yield Obstacle(
                results="voltage of the crystal",
                question="discharged crystal known?",
                reason=f"it is a guess: {source}",
                key="discharged_structure",
            )


def _learning(nodes: Sequence[Node]) -> Iterator[Obstacle]:
    for node in _of(nodes, "active_learning.conclude.conclude_turn"):
        loop = node.given["loop"]
        if not isinstance(loop, ActiveLearningMaker):
            continue
        duration_fs = loop.duration_fs
        if duration_fs < CONVERGED_FS:
            yield Obstacle(
                results=_WITH_POTENTIAL,
                question="active learning converged?",
                reason=f"runs of {duration_fs / 1e3:g} ps ({CONVERGED_FS / 1e3:g} asked for)",
                key="active_learning.duration_fs",
                needed=CONVERGED_FS,
            )


def _fits(nodes: Sequence[Node]) -> Iterator[Obstacle]:
    fits = [node for node in nodes if node.kind == "fit" and "dataset" in node.given]
    if not fits or not _of(nodes, "production_md.run_production"):
        return
    n_training = fits[-1].given["dataset"].n_training
    if n_training < MIN_TRAINING_FRAMES:
        yield Obstacle(
            results=_WITH_POTENTIAL,
            question="enough training frames?",
            reason=f"about {n_training:.0f} at most ({MIN_TRAINING_FRAMES} asked for): longer or "
            "denser sampling, or more labels",
            key="sampling.frame_stride",
        )
    for settings in (known for known in map(_settings, fits) if known is not None):
        if settings.choose_on == "test":
            yield Obstacle(
                results=_WITH_POTENTIAL,
                question="test frames used once?",
                reason="the snapshot is chosen on the test frames",
                key="fit.settings.choose_on",
            )


def _settings(fit: Node) -> FitSettings | None:
    return fit.forecast.output.potential


def _production(nodes: Sequence[Node]) -> Iterator[Obstacle]:
    least = TransportThresholds().least_frames
    analysed = [run for node in _of(nodes, "transport.collect_transport") for run in _runs(node)]
    for node in _of(nodes, "production_md.run_production"):
        run = node.forecast.output
        if not any(run is other for other in analysed) or run.structure is None:
            continue
        width_a = minimum_width(run.structure.lattice.matrix)
        given = node.given["potential"]
        potential = given.settings if isinstance(given, PotentialDoc) else given.potential
        if potential is not None and width_a < 2 * potential.cutoff:
            yield Obstacle(
                results=_TRANSPORT,
                question=WIDTH_QUESTION,
                reason=f"{width_a:.1f} Å wide, cutoff {potential.cutoff:g} Å",
                key="production.supercell",
            )
        if node.given["grade"] is None:
            yield Obstacle(
                results=_TRANSPORT,
                question="inside the training set?",
                reason="the extrapolation grade is not watched",
                key="production.grade_every",
            )
        if run.frames and run.n_frames < least:
            yield Obstacle(
                results=_TRANSPORT,
                question="enough frames?",
                reason=f"{run.n_frames:.0f} frames ({least} asked for)",
                key="production.frame_stride",
            )


def _runs(node: Node) -> list[Expected]:
    values = [value for value in node.given.values() if isinstance(value, list)]
    return [run for value in values for run in value if isinstance(run, Expected)]


def _glasses(nodes: Sequence[Node]) -> Iterator[Obstacle]:
    quenches = _of(nodes, "melt_quench.collect_quench")
    if sum(node.forecast.output.source == "engine MD" for node in quenches) == 1:
        yield Obstacle(
            results="all of the amorphous form",
            question="several glasses?",
            reason="one glass: intervals lack the scatter between glasses",
            key="n_glasses",
        )
