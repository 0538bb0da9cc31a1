"""Chapter on oxidation states, from the moments of engine MD."""

from __future__ import annotations

from amorph_flows.report._section import Column, Panel, Section, Table
from amorph_flows.report._text import charged, plain_name, temperature
from amorph_flows.report.figures._oxidation_states import oxidation_state_figure
from amorph_flows.schemas.structure import SampledStructure, StructureDoc

_DIGITS = 3


def oxidation_state_section(structure: StructureDoc, ion: str) -> Section | None:
    """Return the shares of oxidation states; None where no frame has moments.

    Parameters
    ----------
    structure
        The samples.
    ion
        Element of the mobile ion.
    """
    samples = [sample for sample in structure.samples if sample.oxidation_states]
    if not samples:
        return None
    elements = sorted({states.element for s in samples for states in s.oxidation_states})
    panels, tables = [], []
    for element in elements:
        figure = oxidation_state_figure(samples, element)
        if figure.series:
            panels.append(
                Panel(
                    plain_name("oxidation-states", element),
                    f"Oxidation states of {element} against temperature",
                    "Shares of the atoms, over the second half of each run of engine MD.",
                    figure,
                )
            )
        tables.append(_table(samples, element, ion))
    return Section("oxidation-states", "Oxidation states", [_TEXT], panels, tables)


def _table(samples: list[SampledStructure], element: str, ion: str) -> Table:
    """Return the shares of one element, a row for each run."""
    found = [(s, o) for s in samples for o in s.oxidation_states if o.element == element]
    first = found[0][1]
    columns = (
        Column("formula", "formula", "formula"),
        Column("ions_per_atom", f"{ion} per {element}", "fixed"),
        Column("temperature_shown", "temperature"),
        Column("d1", charged(first.d1_ion), "fixed", _DIGITS),
        Column("d0", charged(first.d0_ion), "fixed", _DIGITS),
        Column("undecided", "undecided", "fixed", _DIGITS),
        Column("mean_moment_mub", "mean moment, µB", "fixed", _DIGITS),
        Column("n_atoms", f"{element} atoms", "exact"),
        Column("n_frames", "frames", "exact"),
        Column("documents", "documents", "documents"),
    )
    rows = [
        {
            **states.model_dump(include={column.key for column in columns}),
            "formula": sample.formula,
            "ions_per_atom": _count(sample, ion) / states.n_atoms,
            "temperature_shown": temperature(sample.temperature_k),
            "documents": sample.documents,
        }
        for sample, states in found
    ]
    rows.sort(key=lambda row: row["ions_per_atom"])
    caption = (
        f"Shares of the {element} atoms of engine MD, and mean size of their moments. The states "
        "are those of the engine: its functional and U decide where an electron sits."
    )
    return Table(plain_name("oxidation-states", element), caption, columns, rows)


def _count(sample: SampledStructure, element: str) -> int:
    return dict(zip(sample.rdf.elements, sample.rdf.counts, strict=True)).get(element, 0)


_TEXT = (
    "An atom counts as d⁰ where the size of its moment is within 1/3 µB of 0, as d¹ within 1/3 µB "
    "of 1 µB. Undecided is what lies between, an electron that sites share or that is just "
    "hopping, and what lies above 4/3 µB, more than one d electron."
)
