"""The document that compares the labels of two engines on the same configurations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from pydantic import Field

from amorph_flows.datasets.comparison import EnergyDifference, ForceDifference
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.labelling import EngineInfo, QuarantinedCalculation


class EstimateField(Document):
    """A number with its standard error over frames."""

    value: float
    error: float | None = Field(
        description="standard deviation over frames drawn with replacement; None for one frame"
    )


class ForceDifferenceField(Document):
    """Former against new force components."""

    n_components: int
    mae: EstimateField = Field(description="mean absolute difference, eV/Å")
    rmse: EstimateField = Field(description="root-mean-square difference, eV/Å")
    correlation: EstimateField | None = Field(description="Pearson's; None if a side is constant")
    reference_rms: float = Field(description="root mean square of the new components, eV/Å")

    @classmethod
    def of(cls, difference: ForceDifference) -> Self:
        """Return the field of a result."""
        return cls.model_validate(asdict(difference))


class EnergyDifferenceField(Document):
    """Former against new energies per atom, each composition about its own mean."""

    n_frames: int = Field(description="frames of compositions that have at least two")
    offsets_ev_atom: dict[str, EstimateField] = Field(
        description="mean of former minus new energy by formula: the references differ"
    )
    mae: EstimateField | None = Field(description="without the offsets, meV/atom")
    rmse: EstimateField | None = Field(description="without the offsets, meV/atom")
    reference_std: float | None = Field(
        description="standard deviation of the new energies within a composition, meV/atom"
    )

    @classmethod
    def of(cls, difference: EnergyDifference) -> Self:
        """Return the field of a result."""
        return cls.model_validate(asdict(difference))


class RelabelledFrame(Document):
    """One frame with two labels."""

    content_hash: str
    formula: str
    run: str
    temperature_k: float | None
    force_mae_ev_a: float = Field(description="mean absolute difference of its components, eV/Å")
    energy_residual_mev_atom: float | None = Field(
        description="former minus new without the offset of the composition, meV/atom"
    )


class RelabelDoc(StageDocument):
    """Labels of one engine compared with those that another gave to the same configurations."""

    dataset_uuid: str = Field(description="the dataset that was relabelled")
    former_engine: EngineInfo
    engine: EngineInfo = Field(description="the engine of the new labels")
    n_frames: int = Field(description="frames with both labels")
    n_quarantined: int = Field(description="frames that the new engine failed on")
    quarantined: list[QuarantinedCalculation] = Field(default_factory=list)
    forces: ForceDifferenceField
    forces_by_element: dict[str, ForceDifferenceField]
    energies: EnergyDifferenceField
    per_frame: list[RelabelledFrame]
    seed: int = Field(description="seed of the draws behind the standard errors")
    curves: dict[str, Array] = Field(
        default_factory=dict,
        description="parity data of shape (n, 2), former and new: force_ev_a, energy_ev_atom "
        "(without the offsets), and the atomic numbers of the force components",
    )
