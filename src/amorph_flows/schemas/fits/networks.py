"""Settings that the fits of all graph neural networks share."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from amorph_flows.schemas.fits.base import FitSettings


class NetworkSettings(FitSettings):
    """How a network is trained: by Adam on batches of frames, weights averaged as it goes.

    The learning rate is lowered where the loss of the validation frames, or of the training frames
    where there are none, stays as it is; the fit has converged when the rate is small enough.

    Attributes
    ----------
    architecture
        Fields that make up the model; a fit goes on from a potential in which they are the same.
    """

    architecture: ClassVar[tuple[str, ...]] = ("cutoff", "precision")

    cutoff: float = Field(default=5.0, gt=0, description="cutoff radius, Å")
    force_weight: float = Field(default=1.0, ge=0, description="of the force on an atom, Å²/eV²")
    stress_weight: float = Field(
        default=0.1, ge=0, description="of stress times volume per atom, 1/eV²"
    )
    max_steps: int = Field(default=500, ge=1, description="epochs at most")
    batch_size: int = Field(default=5, ge=1, description="frames of one step of the optimiser")
    learning_rate: float = Field(default=0.01, gt=0, description="of Adam, at the beginning")
    restart_rate: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="the share of it that is taken where a fit begins with trained weights",
    )
    patience: int = Field(
        default=20, ge=1, description="epochs without a lower loss after which the rate is lowered"
    )
    rate_factor: float = Field(default=0.5, gt=0, lt=1, description="what it is multiplied by")
    least_rate: float = Field(
        default=1e-3, gt=0, lt=1, description="share of the first rate at which the fit ends"
    )
    averaging: float = Field(
        default=0.99, ge=0, lt=1, description="decay of the moving average of the weights a step"
    )
    members: int = Field(
        default=3,
        ge=1,
        description="networks with other first weights and orders of the frames; where their "
        "forces disagree, they extrapolate; 1: no grades",
    )
    precision: Literal["float64", "float32"] = Field(
        default="float64", description="of weights and forces"
    )
    device: Literal["cpu", "cuda"] = Field(
        default="cpu",
        description="what trains; a GPU's potential differs in the last digits from run to run",
    )
    threads: int = Field(
        default=1, ge=1, description="of one network; with more the last digits may differ"
    )

    @property
    def weighs_frames(self) -> bool:
        """Whether the method can give some frames less weight than others."""
        return True

    @property
    def passes(self) -> int:
        """How often a fit goes through its training frames, at most."""
        return self.members * self.max_steps


class FineTunedSettings(NetworkSettings):
    """How a network is trained that may begin with the weights of a foundation model."""

    replay: str = Field(
        default="",
        description="file of configurations that the foundation model is not to forget, in any "
        "form that ASE reads, such as some of its own training set; the model labels them as it "
        "is, with energies on the scale of the fit, so that no labels of two engines are mixed",
    )
    replay_frames: int = Field(
        default=100, ge=1, description="how many of them at most, evenly spaced"
    )
