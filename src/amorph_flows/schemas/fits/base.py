"""Settings that the fits of every method share."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from amorph_flows.schemas.base import Document


class LossWeights(Document):
    """Weights of the squared errors in the loss of a fit, as in MLIP-2."""

    energy_weight: float = Field(default=1.0, ge=0, description="of the energy per atom, 1/eV²")
    force_weight: float = Field(default=0.01, ge=0, description="of the force on an atom, Å²/eV²")
    stress_weight: float = Field(
        default=0.001, ge=0, description="of stress times volume per atom, 1/eV²"
    )
    half_above_hull_ev: float | None = Field(
        default=None,
        gt=0,
        description="energy per atom above the lower hull of the training frames at which all "
        "weights of a frame are halved, eV; None: they do not fall with energy",
    )
    half_at_force_ev_a: float | None = Field(
        default=None,
        gt=0,
        description="root mean square of the forces on the atoms of a frame at which all its "
        "weights are halved, eV/Å; None: they do not fall with force",
    )

    @property
    def falls(self) -> bool:
        """Whether some frames have less weight than others."""
        return self.half_above_hull_ev is not None or self.half_at_force_ev_a is not None


class FitSettings(LossWeights):
    """How a potential is fitted; each method adds what its own model has.

    Attributes
    ----------
    method
        What people call the method, such as ``"MTP"``; empty: the name of the backend.
    """

    method: ClassVar[str] = ""

    backend: str = Field(description="name in the registry of potentials, such as 'mtp'")
    cutoff: float = Field(default=6.0, gt=0, description="cutoff radius, Å")
    max_steps: int = Field(default=2000, ge=1, description="steps of the optimiser at most")
    max_seconds: float = Field(
        default=86_400.0,
        gt=0,
        description="wall time at most, s: a safety net; a fit that it ends is flagged, since "
        "another machine would give another potential",
    )
    choose_on: Literal["validation", "test"] = Field(
        default="validation",
        description="frames that choose the snapshot; 'test' is the paper's choice and is flagged",
    )
    seed: int = 0

    @property
    def weighs_frames(self) -> bool:
        """Whether the method can give some frames less weight than others."""
        return False

    @model_validator(mode="after")
    def _can_weigh(self) -> Self:
        if self.falls and not self.weighs_frames:
            raise ValueError(
                f"a fit by {self.backend!r} weighs all frames alike; leave out half_above_hull_ev "
                "and half_at_force_ev_a, or name a backend such as 'mtp'"
            )
        return self

    @property
    def model(self) -> str:
        """The model for people, such as ``"MTP of level 16"``."""
        return self.method or self.backend

    def larger(self) -> tuple[str, Any] | None:
        """Return the setting of a larger model, and its value there.

        None where the model is as large as the largest that is usual, or has no size: an error is
        then made smaller by more labels.
        """
        return None

    @property
    def passes(self) -> int:
        """How often a fit goes through its training frames, at most."""
        return self.max_steps


def doubled(name: str, value: int, largest: int) -> tuple[str, Any] | None:
    """Return a setting with twice its value, for `FitSettings.larger`.

    Parameters
    ----------
    name
        Of the setting.
    value
        What it is.
    largest
        What it is at most; None is returned where it is that already.
    """
    return (name, min(2 * value, largest)) if value < largest else None
