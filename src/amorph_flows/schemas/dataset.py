"""The document of a dataset."""

from __future__ import annotations

from pydantic import Field

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.labelling import EngineInfo


class DatasetDoc(StageDocument):
    """Labelled frames of one engine, split for training and testing."""

    engine: EngineInfo
    frames: FrameSet = Field(description="distinct frames; the index lists below point into them")
    training: list[int]
    validation: list[int] = Field(description="trajectory blocks taken from the training part")
    test_random: list[int] = Field(description="random frames, stratified (the paper's test set)")
    test_blocks: list[int] = Field(description="whole trajectory blocks, no neighbours in training")
    n_duplicates: int = Field(description="frames dropped because their content was there already")
    n_refused: int = Field(default=0, description="frames dropped by the contact or force limit")
    composition: dict[str, dict[str, int]] = Field(
        description="number of frames by formula and then by temperature"
    )
    seed: int
    sources: list[str] = Field(default_factory=list, description="uuids of the LabelDocs")
    verdicts: list[Verdict] = Field(default_factory=list)

    @classmethod
    def empty(cls, engine: EngineInfo) -> DatasetDoc:
        """Return a dataset without frames, for a pretrained potential to begin with.

        Parameters
        ----------
        engine
            What labels will come from.
        """
        return cls(
            engine=engine,
            frames=FrameSet(),
            training=[],
            validation=[],
            test_random=[],
            test_blocks=[],
            n_duplicates=0,
            composition={},
            seed=0,
        )
