"""Labelled configurations: their files and origin, cleaning, splits, errors and selection."""

from __future__ import annotations

from amorph_flows.datasets._cleaning import (
    Refusal,
    deduplicate,
    refuse_unphysical,
    shortest_contact,
)
from amorph_flows.datasets._split import Split, apart_from, split_at_random, split_frames
from amorph_flows.datasets.comparison import LabelComparison, compare_labels
from amorph_flows.datasets.errors import ErrorStatistics, error_statistics
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.datasets.selection import additions, maxvol

__all__ = [
    "ErrorStatistics",
    "Frame",
    "FrameSet",
    "LabelComparison",
    "Provenance",
    "Refusal",
    "Split",
    "additions",
    "apart_from",
    "compare_labels",
    "deduplicate",
    "error_statistics",
    "maxvol",
    "refuse_unphysical",
    "shortest_contact",
    "split_at_random",
    "split_frames",
]
