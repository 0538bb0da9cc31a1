"""Which of several potentials to take, and whether one only remembers its training frames."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.potential_comparison import MeasuredFit, MethodVerdict, Recommendation

_OVERFITS = 0.5
_ABOUT_AS_GOOD = 1.1


def recommend(fits: Sequence[MeasuredFit]) -> Recommendation:
    """Return the fastest of the methods that are about as accurate as the best.

    Parameters
    ----------
    fits
        The best trial of each method, fitted to the same frames.
    """
    known = [(fit.force_error_ev_a, fit) for fit in fits]
    tested = [(error, fit) for error, fit in known if error is not None]
    if not tested:
        return Recommendation(method="", reasons=["no fit has a tested error"], front=[])
    least, most_accurate = min(tested, key=lambda pair: pair[0])
    timed = [(e, fit.md_us_atom_step, fit) for e, fit in tested if fit.md_us_atom_step is not None]
    front = [
        fit.method
        for error, took, fit in timed
        if not any(e <= error and t <= took and (e, t) != (error, took) for e, t, _ in timed)
    ]
    close = [one for one in timed if one[0] <= _ABOUT_AS_GOOD * least]
    if not close:
        reason = f"least error of forces, {least:.3g} eV/Å; its time in MD is not known"
        return Recommendation(method=most_accurate.method, reasons=[reason], front=front)
    error, took, chosen = min(close, key=lambda one: one[1])
    reasons = [
        f"error of forces on held-out frames {error:.3g} eV/Å; the least of {len(tested)} methods "
        f"is {least:.3g} eV/Å ({most_accurate.method})",
        f"{took:.3g} µs for an atom and step of MD",
    ]
    slower = [t for _, t, fit in close if fit is not chosen]
    if slower:
        reasons.append(
            f"the other{'s' if len(slower) > 1 else ''} within {_ABOUT_AS_GOOD - 1:.0%} of the "
            f"least error take{'' if len(slower) > 1 else 's'} {min(slower) / took:.2g} times as "
            "long or longer"
        )
    if "non-commercial" in chosen.licence:
        reasons.append(f"mind its licence: {chosen.licence}")
    return Recommendation(method=chosen.method, reasons=reasons, front=front)


def generalises(fit: MeasuredFit) -> Verdict:
    """Return whether training errors are far below those of frames that were never seen.

    Parameters
    ----------
    fit
        A fit with its errors.
    """
    question = "fits frames that it has not seen?"
    training, held = fit.errors.get("training"), fit.errors.get("test_random")
    if training is None or held is None:
        return Verdict(
            question=question,
            answer=MethodVerdict.NOT_TESTED,
            passed=False,
            scope="numerical",
            reason=f"{fit.method}: there are no random test frames, or no training errors",
        )
    ratios = {
        "energy": training.energy_rmse_mev_atom / max(held.energy_rmse_mev_atom, 1e-12),
        "force": training.force_rmse_ev_a / max(held.force_rmse_ev_a, 1e-12),
    }
    name, least = min(ratios.items(), key=lambda pair: pair[1])
    good = least >= _OVERFITS
    return Verdict(
        question=question,
        answer=MethodVerdict.GENERALISES if good else MethodVerdict.OVERFITS,
        passed=good,
        scope="numerical",
        reason=f"{fit.method}: the {name} error on training frames is {least:.2f} of that on "
        f"random test frames (at least {_OVERFITS:g} is asked for)",
        numbers={f"{key}_ratio": value for key, value in ratios.items()},
        thresholds={"ratio": _OVERFITS},
    )
