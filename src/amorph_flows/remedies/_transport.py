"""Remedies of the verdicts on diffusivities and on runs of MD."""

from __future__ import annotations

import math

from amorph_flows.analysis import TransportVerdict as T
from amorph_flows.remedies._case import ATOMS, UNKNOWN_FACTOR, Case, Change, Table

LEAST_FACTOR = 2.0
"""Of a run that is too short by its numbers, but nobody knows by how much."""


def more_frames(case: Case) -> Change | None:
    """Return a smaller stride, or a longer run where every step is kept already."""
    key, have = f"{case.stage}.frame_stride", max(case.number("longest_piece") or 1.0, 1.0)
    stride = case.present(key)
    if stride is None or stride == 1:
        return case.longer(case.limit("least_frames") / have)
    return key, max(1, math.floor(stride * have / case.limit("least_frames")))


def shorter_steps_between_frames(case: Case) -> Change | None:
    """Return the stride with which steps of a random walk can be unwrapped."""
    key = f"{case.stage}.frame_stride"
    stride, longest = case.present(key), case.number("longest_step")
    if not stride or not longest:
        return None
    return key, max(1, math.floor(stride * (case.limit("longest_step") / longest) ** 2))


def longer_beside_memory(case: Case) -> Change | None:
    """Return the length that holds enough memory times and lets ions travel far enough."""
    factors = [case.short_of("travel_a2", "least_travel_a2")]
    if case.number("memory_times") is not None:
        factors.append(case.short_of("memory_times", "least_memory_times"))
    return case.longer(max(LEAST_FACTOR, *factors))


def more_moves(case: Case) -> Change | None:
    """Return the length in which ions move often enough."""
    return case.longer(case.short_of("moves", "least_moves"))


def more_precise(case: Case) -> Change | None:
    """Return the length at which the error is small enough; it falls with its square root."""
    error = case.number("relative_error")
    if error is None:
        return case.longer(UNKNOWN_FACTOR)
    return case.longer((error / case.limit("most_relative_error")) ** 2)


def rest_first(case: Case) -> Change | None:
    """Return an equilibration as long as the whole run in which the glass still aged."""
    before, run = (case.present(f"{case.stage}.{k}_fs") for k in ("equilibration", "production"))
    if before is None or run is None:
        return None
    return case.times(f"{case.stage}.equilibration_fs", (before + run) / before if before else 1.0)


def more_temperatures(case: Case) -> Change | None:
    """Return a second temperature, or longer runs where there are two and one has no value."""
    kelvin = case.present("production_temperatures_k")
    if kelvin is None or len(kelvin) > 1:
        return case.longer(LEAST_FACTOR)
    return "production_temperatures_k", (kelvin[0], round(kelvin[0] * 1.2 / 10) * 10.0)


def the_glass_alone(case: Case) -> Change | None:
    """Return the temperatures below the glass transition, if two are."""
    kelvin, transition = (
        case.present("production_temperatures_k"),
        case.number("glass_transition_k"),
    )
    below = tuple(t for t in kelvin or () if transition is not None and t < transition)
    return ("production_temperatures_k", below) if len(below) > 1 else None


def learn_longer(case: Case) -> Change | None:
    """Return longer runs of active learning, or more of them where they are long enough."""
    if case.stage == "potential":  # it relaxed crystals, where active learning starts no run
        return None
    if case.loop == "learning":  # its runs are quenches, of one length
        return case.times("learning.max_turns", 2.0)
    length, longest = case.present(f"{case.loop}.duration_fs"), 4_000_000.0
    if length is None or length >= longest:
        return more_seeds(case)
    return f"{case.loop}.duration_fs", longest


def more_seeds(case: Case) -> Change | None:
    """Return active learning with one more run from each start."""
    seeds = case.present(f"{case.loop}.n_seeds")
    return None if seeds is None else (f"{case.loop}.n_seeds", seeds + 1)


def watch_the_grade(case: Case) -> Change:
    """Return a run whose grade is watched as in the published protocol."""
    return f"{case.stage}.grade_every", 100


def hold_the_temperature(case: Case) -> Change | None:
    """Return an equilibration of ten damping times; where it is as long, half the time step."""
    damping = case.present(f"{case.stage}.damping_fs")
    before = case.present(f"{case.stage}.equilibration_fs")
    step = case.present(f"{case.stage}.time_step_fs")
    if damping is not None and before is not None and before < 10 * damping:
        return f"{case.stage}.equilibration_fs", 10 * damping
    return None if step is None else (f"{case.stage}.time_step_fs", step / 2)


def wider_cell(case: Case) -> Change | None:
    """Return the repetitions, or the atoms, that make the cell wide enough along every axis."""
    key, lengths = f"{case.stage}.supercell", case.present("cell_lengths_a")
    repeats, width = case.present(key), case.number("width_a")
    if width and case.present(ATOMS):
        return case.times(ATOMS, (case.limit("width_a") / width) ** 3)
    if repeats is None or lengths is None or not width:
        return None
    true = width / min(n * a for n, a in zip(repeats, lengths, strict=True))
    needed = case.limit("width_a")
    pairs = zip(repeats, lengths, strict=True)
    return key, tuple(max(n, math.ceil(needed / (a * true) - 1e-9)) for n, a in pairs)


TRANSPORT: Table = {
    "enough frames?": {T.TOO_FEW_FRAMES: more_frames},
    "unwrapped?": {T.UNWRAPPING_AMBIGUOUS: shorter_steps_between_frames},
    "diffusive regime?": {
        T.BALLISTIC: longer_beside_memory,
        T.CAGED: longer_beside_memory,
        T.NOT_DIFFUSIVE: longer_beside_memory,
    },
    "enough moves?": {T.TOO_FEW_MOVES: more_moves},
    "steady?": {T.AGEING: rest_first},
    "precise?": {T.IMPRECISE: more_precise},
    "Arrhenius?": {
        T.TOO_FEW_TEMPERATURES: more_temperatures,
        T.CURVED: "no one activation energy describes these temperatures; ask for those on one "
        "side of the bend (production_temperatures_k)",
    },
    "one line through the glass transition?": {T.GLASS_TRANSITION_BETWEEN: the_glass_alone},
    "diffusivities converged?": {
        T.TOO_FEW_TEMPERATURES: "it passes with the diffusivities, which have remedies of their own"
    },
    "300 K in reach?": {
        T.GLASS_TRANSITION_BETWEEN: "the ions of the liquid say nothing of the glass at 300 K; ask "
        "for temperatures below the glass transition (production_temperatures_k)"
    },
    "one Haven ratio?": {
        T.HAVEN_CHANGES: "it depends on temperature, so that at 300 K is not known from others"
    },
    "host solid?": {
        T.HOST_MOBILE: "at this temperature the host flows, which no setting changes; leave the "
        "temperature out (production_temperatures_k)"
    },
    "one continuous run?": {T.SHUFFLED: "the frames are out of order; see the run's files"},
    # the times of the package's own runs are right, so that it is their temperature that is off
    "right time between frames?": {T.TIME_STEP_WRONG: hold_the_temperature},
    "a production run to analyse?": {T.NONE: "a job failed; see it"},
}
