"""Remedies of the verdicts on all stages but the diffusivities."""

from __future__ import annotations

import math

from monty.json import MontyDecoder

from amorph_flows.analysis import AmorphousVerdict as A
from amorph_flows.analysis import LatticeVerdict as Lattice
from amorph_flows.analysis import MeltVerdict as M
from amorph_flows.analysis import ViscosityVerdict as Viscosity
from amorph_flows.analysis import VolumeVerdict as Volume
from amorph_flows.analysis.pressure import MAX_STANDARD_ERROR_GPA
from amorph_flows.analysis.steadiness import EnergyVerdict as Energy
from amorph_flows.remedies._case import RATE, Case, Change, Table, rounded_up
from amorph_flows.remedies._transport import (
    hold_the_temperature,
    learn_longer,
    watch_the_grade,
    wider_cell,
)
from amorph_flows.schemas.active_learning import LearningVerdict as L
from amorph_flows.schemas.combined import GlassesVerdict as Glasses
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.insertion import InsertionVerdict
from amorph_flows.schemas.labelling import EngineVerdict
from amorph_flows.schemas.potential import PotentialVerdict as P
from amorph_flows.schemas.potential_comparison import MethodVerdict
from amorph_flows.schemas.production_md import ProductionVerdict as R
from amorph_flows.schemas.until import GoalVerdict as Goal
from amorph_flows.schemas.voltage import VoltageVerdict as V
from amorph_flows.schemas.voltage_profile import VoltageProfileVerdict as Profile

HOTTER = 1.25


def melt_longer(case: Case) -> Change | None:
    """Return the melt that is long enough, from how far its atoms moved; MSD grows with time."""
    key, duration, least = "melt_quench.melt_duration_fs", case.number("duration_fs"), 0.0
    moved = case.number("displacement_ratio")
    if duration is not None and duration < case.limit("duration_fs"):
        least = case.limit("duration_fs") / duration
    far = (case.limit("displacement_ratio") / moved) ** 2 if moved else 0.0
    if not moved:  # too few frames to see any motion
        stride = case.present("melt_quench.frame_stride")
        if stride is not None and stride > 1 and not least:
            return "melt_quench.frame_stride", max(1, stride // 4)
    return case.times(key, max(2.0, least, far))


def melt_hotter(case: Case) -> Change | None:
    """Return a melt that is hotter by a quarter."""
    return case.times("melt_quench.melt_temperature_k", HOTTER)


def quench_faster(case: Case) -> Change | None:
    """Return twice the rate: what was molten crystallised on the way down."""
    if case.present(RATE):
        return case.times(RATE, 2.0)
    duration = case.present("melt_quench.quench_duration_fs")
    return None if duration is None else ("melt_quench.quench_duration_fs", duration / 2)


def longer_melt_and_hold(case: Case) -> Change | None:
    """Return twice the melt: its remains are neither order nor disorder."""
    if case.present(RATE):
        return case.times("glasses.schedule.melt_nvt_fs", 2.0)
    return case.times("melt_quench.melt_duration_fs", 2.0)


def let_the_cell_go(case: Case) -> Change | None:
    """Return a barostat for the stage; where it has one, a run in which the cell settles."""
    ensemble = f"{case.stage}.ensemble"
    if case.present(ensemble) == "npt":
        return case.longer(2.0)
    if case.stage == "mtp_sampling" and _narrow(case):  # a barostat is refused there
        if case.present("insertion.relax_cell") is False:
            return "insertion.relax_cell", True
        return _widened(case)
    return ensemble, "npt"


def know_the_pressure(case: Case) -> Change | None:
    """Return a run whose pressure is known well enough; None where it has no stress."""
    if case.number("mean_pressure_gpa") is None:
        return None
    error = case.number("standard_error_gpa")
    return case.longer(4.0 if error is None else (error / MAX_STANDARD_ERROR_GPA) ** 2)


def _narrow(case: Case) -> bool:
    change = _widened(case)
    return change is not None and change[1] != tuple(case.present("mtp_sampling.supercell"))


def _widened(case: Case) -> Change | None:
    cutoff, lengths = case.present(f"{case.fit}.settings.cutoff"), case.present("cell_lengths_a")
    repeats = case.present("mtp_sampling.supercell")
    if cutoff is None or lengths is None or repeats is None:
        return None
    pairs = zip(repeats, lengths, strict=True)
    return "mtp_sampling.supercell", tuple(max(n, math.ceil(2 * cutoff / a)) for n, a in pairs)


def larger_model(case: Case) -> Change | None:
    """Return the method's larger model; at the largest, labels from twice as long a sampling."""
    settings = MontyDecoder().process_decoded(case.present(f"{case.fit}.settings"))
    if not isinstance(settings, FitSettings) or settings.passes == 0:  # nothing is trained
        return None
    larger = settings.larger()
    if larger is None:
        return case.times("sampling.duration_fs", 2.0)
    name, value = larger
    return f"{case.fit}.settings.{name}", value


def hold_frames_out(case: Case) -> Change:
    """Return the published share of test frames."""
    return f"{case.fit}.test_fraction", 0.1


def more_labels(case: Case) -> Change | None:
    """Return a sampling that is longer by the frames that are missing."""
    key = "sampling.duration_fs"
    duration, missing = (
        case.present(key),
        case.limit("n_training") - case.verdict.numbers["n_training"],
    )
    step, stride = case.present("sampling.time_step_fs"), case.present("sampling.frame_stride")
    test, validation = (
        case.present(f"{case.fit}.test_fraction"),
        case.present(f"{case.fit}.validation_fraction"),
    )
    runs = case.present("insertion_temperatures_k")
    if case.loop == "learning":
        return case.times("learning.max_selected", 2.0)
    if None in (duration, step, stride, test, validation, runs):
        return None
    share = max(0.1, 1 - 2 * test - validation)
    return key, rounded_up(duration + missing * step * stride / (share * len(runs)))


def more_turns(case: Case) -> Change | None:
    """Return twice the turns."""
    return case.times(f"{case.loop}.max_turns", 2.0)


def larger_budget(case: Case) -> Change:
    """Return twice the failures that there were."""
    return f"{case.loop}.failure_budget", 2 * math.ceil(case.verdict.numbers["failures"])


def grade_more_often(case: Case) -> Change | None:
    """Return grades twice as often, so that a run that breaks is seen before."""
    every, stop = (case.present(f"{case.loop}.{k}") for k in ("grade_every", "stop_grade"))
    if every is not None and every > 1:
        return f"{case.loop}.grade_every", every // 2
    return None if stop is None else (f"{case.loop}.stop_grade", 2 * stop)


def run_as_long_as_asked(case: Case) -> Change:
    """Return runs of active learning that are as long as the threshold."""
    return f"{case.loop}.duration_fs", case.limit("duration_fs")


def choose_on_validation(case: Case) -> Change:
    """Return a choice that leaves the test frames alone."""
    return f"{case.fit}.settings.choose_on", "validation"


def more_fit_time(case: Case) -> Change:
    """Return ten times the time: what ends the fit then is its steps or convergence."""
    return f"{case.fit}.settings.max_seconds", 10.0 * case.verdict.numbers["max_seconds"]


def sample_more(case: Case) -> Change | None:
    """Return a run that is long enough, then as many snapshots as are asked for."""
    sampled, asked = case.number("sampled_fs") or 0.0, case.limit("sampled_fs")
    if sampled < asked:
        return case.longer(asked / sampled if sampled else 2.0)
    wanted, given = math.ceil(case.limit("n_snapshots")), case.present("voltage.n_snapshots")
    return ("voltage.n_snapshots", wanted) if given is not None and given < wanted else None


def relax_on(case: Case) -> Change | None:
    """Return twice the steps of a relaxation."""
    if case.stage == "potential":  # no key sets its steps
        return None
    return case.times("engine.relax_max_steps", 2.0)


def hold_longer(case: Case) -> Change | None:
    """Return a run long enough for the uncertainty of a change, which falls with its root."""
    drift, error = case.number("drift_ev_atom"), case.number("error_ev_atom")
    if case.verdict.answer != Energy.ENERGY_UNCERTAIN or drift is None or error is None:
        return case.longer(2.0)
    return case.longer(((abs(drift) + error) / case.limit("drift_ev_atom")) ** 2)


def more_time(case: Case) -> Change:
    """Return the time that the goal asks for."""
    length_ps, factor = case.verdict.numbers["length_ps"], case.verdict.numbers["factor"]
    return f"{case.stage}.until.budget_ps", rounded_up(length_ps * factor)


def more_core_hours(case: Case) -> Change:
    """Return the core-hours that the goal asks for."""
    spent, factor = case.verdict.numbers["core_hours"], case.verdict.numbers["factor"]
    return f"{case.stage}.until.budget_core_hours", rounded_up(spent * factor)


def allow_more_glasses(case: Case) -> Change:
    """Return the number of glasses that the goal asks for."""
    numbers = case.verdict.numbers
    return "until.most_glasses", round(numbers["n_glasses"] + numbers["more"])


def pay_more_glasses(case: Case) -> Change | None:
    """Return the core-hours that the glasses that are missing take; None where not known."""
    numbers = case.verdict.numbers
    if "core_hours_of_a_glass" not in numbers or "core_hours" not in numbers:
        return None
    wanted = numbers["core_hours"] + numbers["more"] * numbers["core_hours_of_a_glass"]
    return "until.budget_core_hours", rounded_up(wanted)


_ENGINE = "only another engine (engine) gives labels that count as the truth"

OTHERS: Table = {
    "melted?": {M.TOO_SHORT: melt_longer, M.NOT_MELTED: melt_hotter},
    "amorphous?": {A.CRYSTALLINE: quench_faster, A.UNDECIDED: longer_melt_and_hold},
    "volume right?": {
        Volume.TOO_SMALL: let_the_cell_go,
        Volume.TOO_LARGE: let_the_cell_go,
        Volume.NOT_KNOWN: know_the_pressure,
    },
    "energy steady?": {
        Energy.ENERGY_FALLS: hold_longer,
        Energy.ENERGY_RISES: hold_longer,
        Energy.ENERGY_UNCERTAIN: hold_longer,
    },
    "inside the training set?": {R.EXTRAPOLATES: learn_longer, R.NOT_WATCHED: watch_the_grade},
    "temperature held?": {R.OFF: hold_the_temperature},
    "cell wider than twice the cutoff?": {R.NARROW: wider_cell},
    "goal reached?": {
        Goal.TIME_USED_UP: more_time,
        Goal.CORE_HOURS_USED_UP: more_core_hours,
        Goal.ENDED_EARLY: "it ended before its budget; its reason says why",
    },
    "enough glasses?": {
        Glasses.GLASSES_USED_UP: allow_more_glasses,
        Glasses.CORE_HOURS_USED_UP: pay_more_glasses,
        Glasses.NO_NUMBER: "what refuses the numbers of the glasses has remedies of its own",
        Glasses.GLASSES_FAIL: "jobs failed; see them",
    },
    "ran to its end?": {R.CUT_SHORT: "the run failed; see its failure"},
    "potential accurate?": {P.INACCURATE: larger_model, P.NOT_TESTED: hold_frames_out},
    "enough training frames?": {P.FEW: more_labels},
    "fit ended by itself?": {P.OUT_OF_TIME: more_fit_time},
    "test frames used once?": {P.CHOSEN_ON_TEST: choose_on_validation},
    "active learning converged?": {
        L.TURNS_USED_UP: more_turns,
        L.FAILURE_BUDGET_USED_UP: larger_budget,
        L.CORE_HOURS_USED_UP: "the goal of the loop says so as well, and has the remedy",
        L.NOTHING_TO_LEARN: grade_more_often,
        L.UNBROKEN_BUT_SHORT: run_as_long_as_asked,
    },
    "sampled long enough?": {V.SHORT: sample_more},
    "relaxed?": {V.NOT_CONVERGED: relax_on},
    "cell with its ions relaxed?": {InsertionVerdict.NOT_CONVERGED: relax_on},
    "discharged crystal known?": {
        V.GUESSED: "only a file of the crystal with its ions (discharged_structure) answers it"
    },
    "every content there?": {Profile.CONTENTS_MISSING: "a job failed; see it"},
    "voltages precise?": {
        Profile.IMPRECISE: "longer MD at each content (sampling.duration_fs, "
        "mtp_sampling.production_fs) narrows intervals with the root of its length"
    },
    "crystal relaxed?": {V.FAILED: "a job failed; see it"},
    "metal relaxed?": {V.FAILED: "a job failed; see it"},
    "lattice?": {
        Lattice.PARTIAL_LATTICE: "no result rests on it: a glass should have no lattice",
        Lattice.NO_LATTICE: "no result rests on it: a glass should have no lattice",
    },
    "fits frames that it has not seen?": {
        MethodVerdict.OVERFITS: "a comparison of potentials is no part of a study",
        MethodVerdict.NOT_TESTED: "a comparison of potentials is no part of a study",
    },
    "viscosity at its plateau?": {
        Viscosity.NO_PLATEAU: "a viscosity is no part of a study",
        Viscosity.SLOW_PART_MISSED: "a viscosity is no part of a study",
        Viscosity.UNCERTAIN: "a viscosity is no part of a study",
        Viscosity.SAMPLED_TOO_RARELY: "a viscosity is no part of a study",
    },
    "labels from density functional theory?": {EngineVerdict.SURROGATE: _ENGINE},
    "energies from density functional theory?": {EngineVerdict.SURROGATE: _ENGINE},
}
