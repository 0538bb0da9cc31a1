"""Chapters on the structures: radial distributions, energies, long-range order."""

from __future__ import annotations

from collections.abc import Sequence

from pymatgen.core import Composition

from amorph_flows.report._section import Column, Panel, Section, Table
from amorph_flows.report._text import formula, plain_name, temperature
from amorph_flows.report.figures._energies import energy_figure, has_energies
from amorph_flows.report.figures._order import order_against_temperature, order_sphere
from amorph_flows.report.figures._rdf import rdf_figure
from amorph_flows.report.sections._checks import check_table
from amorph_flows.report.sections._histories import engine_history_panels
from amorph_flows.schemas.structure import LongRangeOrderDoc, SampledStructure, StructureDoc

ORDER_COLUMNS = (
    Column("formula", "formula", "formula"),
    Column("temperature_shown", "temperature"),
    Column("structure_source", "structures"),
    Column("sublattice", "sublattice"),
    Column("maximum", "maximum", "fixed"),
    Column("minimum", "minimum", "fixed"),
    Column("along_a", "along a", "fixed"),
    Column("along_b", "along b", "fixed"),
    Column("along_c", "along c", "fixed"),
    Column("planes", "planes"),
    Column("lattice", "lattice?"),
    Column("documents", "documents", "documents"),
)
MOST_CONTENTS_DRAWN = 3
"""With more contents of ions, figures show the smallest and the largest only."""
_Group = tuple[str, float | None, bool]


def rdf_section(structure: StructureDoc, ion: str) -> Section:
    """Return radial distribution functions, engine MD against MTP MD.

    Parameters
    ----------
    structure
        The samples.
    ion
        Element of the mobile ion.
    """
    panels = []
    drawn, left_out = _drawn(structure.samples, ion)
    for group, samples in _by_temperature(drawn).items():
        title = f"{formula(group[0])}, {_title(group)}"
        frames = ", ".join(f"{s.structure_source} {s.rdf.n_frames}" for s in samples)
        caption = f"Partial g(r) of {title}. Frames averaged over: {frames}.{_half(samples)}"
        panels.append(
            Panel(plain_name("rdf", group[0], _title(group)), title, caption, rdf_figure(samples))
        )
    text = (
        "Colours tell the pairs of elements apart; MD with the potential is solid, engine MD "
        f"dashed, the crystal dotted.{left_out}"
    )
    return Section("rdf", "Radial distribution functions", [text], panels)


def energy_section(structure: StructureDoc, ion: str) -> Section:
    """Return the distributions of the potential energy.

    Parameters
    ----------
    structure
        The samples.
    ion
        Element of the mobile ion.
    """
    panels: list[Panel] = []
    drawn, left_out = _drawn(structure.samples, ion)
    for name in sorted({sample.formula for sample in drawn}):
        samples = [sample for sample in drawn if sample.formula == name]
        if has_energies(samples):
            counts = ", ".join(
                f"{s.structure_source} {temperature(s.temperature_k)}: {len(s.energies_ev_atom)}"
                for s in samples
                if s.temperature_k is not None and len(s.energies_ev_atom)
            )
            caption = (
                f"Potential energy of each frame, as densities; the dashed line is the mean. "
                f"Frames: {counts}."
            )
            panels.append(
                Panel(plain_name("energies", name), formula(name), caption, energy_figure(samples))
            )
    panels += engine_history_panels(drawn)
    text = (
        "Left halves are engine MD, right halves MD with the potential, by its own energies."
        f"{left_out}"
    )
    return Section("energies", "Energy distributions", [text] if panels else [_NONE], panels)


def order_section(structure: StructureDoc, ion: str) -> Section:
    """Return the long-range order along every direction.

    Spheres show the ion's sublattice where the sample has one, else the first sublattice.

    Parameters
    ----------
    structure
        The samples.
    ion
        Element of the mobile ion.
    """
    drawn, left_out = _drawn(structure.samples, ion)
    shown = [(s, _shown_order(s, ion)) for s in drawn]
    spheres = [(s, order) for s, order in shown if order is not None]
    largest = max((order.maximum for _, order in spheres), default=1.0)
    panels = []
    names: set[str] = set()
    for sample, order in spheres:
        title = f"{formula(sample.formula)}, {temperature(sample.temperature_k)}, "
        title = title.replace("–, ", "") + sample.structure_source
        caption = (
            f"Disorder of the {'+'.join(order.species)} sublattice ({order.n_atoms} atoms of one "
            f"frame) along {len(order.disorder)} directions, in plane spacings; drag to turn."
        )
        panels.append(
            Panel(_order_name(sample, names), title, caption, order_sphere(order, largest))
        )
    if len(spheres) > 1:
        caption = (
            "Largest and smallest disorder of the sublattice over all directions; one frame each. "
            f"{_one_lattice(structure.samples, ion)}"
        )
        figure = order_against_temperature(drawn, ion)
        panels.append(
            Panel("order-temperatures", f"{ion} sublattice against temperature", caption, figure)
        )
    verdicts = [(_of(s, order), order.lattice) for s in structure.samples for order in s.order]
    verdicts += [(_run(s), s.amorphous) for s in structure.samples if s.amorphous is not None]
    tables = [_order_table(structure.samples), check_table("order", verdicts)]
    return Section("order", "Long-range order", [_ORDER + left_out], panels, tables)


def _drawn(samples: Sequence[SampledStructure], ion: str) -> tuple[list[SampledStructure], str]:
    """Return the samples that figures show, and a sentence on the contents that they do not."""
    content = {s.formula: Composition(s.formula).get_atomic_fraction(ion) for s in samples}
    levels = sorted(set(content.values()))
    if len(levels) <= MOST_CONTENTS_DRAWN:
        return list(samples), ""
    left_out = ", ".join(
        formula(name)
        for name in sorted(content, key=content.__getitem__)
        if levels[0] < content[name] < levels[-1]
    )
    drawn = [s for s in samples if content[s.formula] in (levels[0], levels[-1])]
    return drawn, (
        f" Figures show the smallest and the largest content of {ion}; those between "
        f"({left_out}) are in the tables and in the document of the job."
    )


def _order_name(sample: SampledStructure, taken: set[str]) -> str:
    """Return the name of the figure of a sample, with a number where another has it."""
    kelvin = () if sample.temperature_k is None else (temperature(sample.temperature_k),)
    first = plain_name("order", sample.formula, *kelvin, sample.structure_source)
    name, n = first, 1
    while name in taken:
        n += 1
        name = f"{first}-{n}"
    taken.add(name)
    return name


def _half(samples: Sequence[SampledStructure]) -> str:
    """Return where the half of the cell is, if g(r) reaches beyond it."""
    halves = {s.half_width_a for s in samples if s.half_width_a is not None}
    if not any(h < s.rdf.distances_a[-1] for h in halves for s in samples):
        return ""
    told = " and ".join(f"{half:.2f}" for half in sorted(halves))
    return f" Dotted upright: half the cell ({told} Å), beyond which an atom counts twice."


def _order_table(samples: Sequence[SampledStructure]) -> Table:
    rows = [
        {
            **order.model_dump(include={column.key for column in ORDER_COLUMNS} - {"lattice"}),
            "formula": sample.formula,
            "temperature_shown": temperature(sample.temperature_k),
            "structure_source": sample.structure_source,
            "sublattice": "+".join(order.species),
            "planes": ", ".join(map(str, order.plane_numbers)),
            "lattice": order.lattice.answer.lower().replace("_", " "),
            "documents": sample.documents,
        }
        for sample in samples
        for order in sample.order
    ]
    return Table(
        "long-range order",
        "Disorder in plane spacings; 0 is a perfect lattice. The maximum is in the octant (+++) "
        "by construction: it is the root of the sum of the squares along a, b and c.",
        ORDER_COLUMNS,
        rows,
    )


def _by_temperature(samples: Sequence[SampledStructure]) -> dict[_Group, list[SampledStructure]]:
    """Return samples by formula and temperature, the last of each source where there are more."""
    groups: dict[_Group, dict[str, SampledStructure]] = {}
    for sample in samples:
        crystal = sample.structure_source == "crystal"
        group = (sample.formula, sample.temperature_k, crystal)
        groups.setdefault(group, {})[sample.structure_source] = sample
    ordered = sorted(groups, key=lambda group: (group[0], not group[2], group[1] or 0.0))
    return {group: list(groups[group].values()) for group in ordered}


def _shown_order(sample: SampledStructure, ion: str) -> LongRangeOrderDoc | None:
    of_ion = [order for order in sample.order if ion in order.species]
    return next(iter([*of_ion, *sample.order]), None)


def _title(group: _Group) -> str:
    _, kelvin, crystal = group
    if crystal:
        return "crystal"
    return "changing temperature" if kelvin is None else temperature(kelvin)


def _of(sample: SampledStructure, order: LongRangeOrderDoc) -> str:
    return f"{'+'.join(order.species)} in {_run(sample)}"


def _run(sample: SampledStructure) -> str:
    kelvin = "" if sample.temperature_k is None else f" {temperature(sample.temperature_k)}"
    return f"{formula(sample.formula)}, {sample.structure_source}{kelvin}"


def _one_lattice(samples: Sequence[SampledStructure], species: str) -> str:
    """Return whether the samples of a sublattice were measured against the same planes."""
    planes = {o.plane_numbers for s in samples for o in s.order if species in o.species}
    listed = "; ".join(", ".join(map(str, numbers)) for numbers in sorted(planes))
    if len(planes) == 1:
        return f"All are measured against one lattice: {listed} planes along a, b, c."
    return (
        f"They are measured against different lattices ({listed} planes along a, b, c), so the "
        "numbers do not compare; lattice_planes of the study fixes one."
    )


_NONE = "No run recorded its energies."
_ORDER = (
    "Along each cell vector the planes with the largest structure factor are found; the disorder "
    "along a direction is the mean distance of the atoms from their planes, in plane spacings. "
    "Distances are taken without sign, so every structure has its maximum in the octant (+++) or "
    "its opposite, at the root of the sum of the squares along a, b and c: its direction says "
    "nothing on how displacements along the axes go together."
)
