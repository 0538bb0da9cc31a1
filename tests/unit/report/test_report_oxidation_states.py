"""The chapter on oxidation states: shares against content and temperature, or no chapter."""

from __future__ import annotations

import numpy as np
from report_study import study_parts

from amorph_flows.analysis import oxidation_states
from amorph_flows.report import build_report
from amorph_flows.report.sections._oxidation_states import oxidation_state_section
from amorph_flows.schemas.structure import OxidationStatesDoc, SampledStructure, StructureDoc


def with_states(sample: SampledStructure) -> SampledStructure:
    n_vanadium = dict(zip(sample.rdf.elements, sample.rdf.counts, strict=True))["V"]
    moments = np.ones(n_vanadium)
    moments[0] = 0.1
    states = oxidation_states(np.full(n_vanadium, 23), moments, "V")
    return sample.model_copy(update={"oxidation_states": [OxidationStatesDoc.from_result(states)]})


def structure_with_states() -> StructureDoc:
    structure = study_parts().structure
    samples = [
        with_states(s) if s.structure_source == "engine MD" else s for s in structure.samples
    ]
    return structure.model_copy(update={"samples": samples})


def test_rows_have_content_temperature_and_shares() -> None:
    structure = structure_with_states()
    section = oxidation_state_section(structure, "Mg")
    assert section is not None
    [table], [panel] = section.tables, section.panels
    held = [s for s in structure.samples if s.oxidation_states]
    assert len(table.rows) == len(held) > 1
    for row, sample in zip(table.rows, held, strict=True):
        counts = dict(zip(sample.rdf.elements, sample.rdf.counts, strict=True))
        assert row["ions_per_atom"] == counts["Mg"] / counts["V"]
        assert row["d1"] == 1 - 1 / counts["V"]
        assert row["documents"] == sample.documents
    assert [column.title for column in table.columns][1:5] == [
        "Mg per V",
        "temperature",
        "V⁴⁺",
        "V⁵⁺",
    ]
    assert [series.name for series in panel.figure.series] == [
        "V⁴⁺, MgV₂O₅",
        "V⁵⁺, MgV₂O₅",
        "undecided, MgV₂O₅",
    ]
    assert panel.figure.series[0].x.tolist() == sorted(s.temperature_k for s in held)


def test_the_chapter_is_there_only_where_there_are_moments() -> None:
    parts = study_parts()
    assert oxidation_state_section(parts.structure, "Mg") is None
    page = build_report(parts.model_copy(update={"structure": structure_with_states()})).html
    assert page.index('id="order"') < page.index('id="oxidation-states"')
