"""The numbers and curves of one glass, by the names under which several glasses are compared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pymatgen.core import Element

from amorph_flows.arrays import FloatArray
from amorph_flows.schemas.glass import GlassDoc, RingsDoc

Number = tuple[str, float, str]
"""Name, value and unit."""

_Q_STEP = 0.1
_ALPHA_STEP = 0.05


def numbers_of(glass: GlassDoc) -> dict[str, tuple[float, str]]:
    """Return the numbers of a glass: value and unit by name.

    Parameters
    ----------
    glass
        Its document.
    """
    found = [
        ("density", glass.density_g_cm3, "g/cm³"),
        *_local(glass),
        *_network(glass),
        *_peaks(glass),
        *(number for rings in (glass.rings, *glass.other_rings) for number in _rings(glass, rings)),
        *_room(glass),
    ]
    return {name: (value, unit) for name, value, unit in found}


def curves_of(glass: GlassDoc, q_inv_a: FloatArray, alpha_a2: FloatArray) -> dict[str, FloatArray]:
    """Return g(r) of each pair, the less electronegative element first, S(Q) and Betti numbers.

    Parameters
    ----------
    glass
        Its document.
    q_inv_a
        Where S is wanted, 1/Å.
    alpha_a2
        Where the loops and cavities per atom are counted, Å²; empty: they are left out.
    """
    elements, scattered = glass.rdf.elements, glass.structure_factor
    curves = {
        "_".join(["g", *sorted((first, second), key=lambda e: Element(e).X)]): (
            glass.rdf.partial[i, i + j]
        )
        for i, first in enumerate(elements)
        for j, second in enumerate(elements[i:])
    }
    curves["s_neutron"] = np.interp(q_inv_a, scattered.q_inv_a, scattered.neutron)
    curves["s_xray"] = np.interp(q_inv_a, scattered.q_inv_a, scattered.xray)
    if glass.persistence is not None and len(alpha_a2):
        for name in ("loops", "cavities"):
            births, deaths = (np.sort(column) for column in getattr(glass.persistence, name).T)
            born, dead = (np.searchsorted(at, alpha_a2, "right") for at in (births, deaths))
            curves[name] = (born - dead) / glass.n_atoms
    return curves


def common_q(glasses: list[GlassDoc]) -> FloatArray:
    """Return a grid of Q that all glasses have S(Q) on, 1/Å.

    Parameters
    ----------
    glasses
        Their documents.
    """
    grids = [glass.structure_factor.q_inv_a for glass in glasses]
    first, last = max(float(q[0]) for q in grids), min(float(q[-1]) for q in grids)
    return np.arange(np.ceil(first / _Q_STEP), np.floor(last / _Q_STEP) + 1) * _Q_STEP


def common_alpha(glasses: list[GlassDoc]) -> FloatArray:
    """Return a grid of α up to the last death of a loop or cavity, Å²; empty without diagrams.

    Parameters
    ----------
    glasses
        Their documents.
    """
    diagrams = [glass.persistence for glass in glasses if glass.persistence is not None]
    if len(diagrams) < len(glasses):
        return np.zeros(0)
    pairs = [pair for one in diagrams for pair in (one.loops, one.cavities)]
    last = max((float(pair.max()) for pair in pairs if len(pair)), default=0.0)
    return np.arange(0.0, last + _ALPHA_STEP, _ALPHA_STEP)


def _local(glass: GlassDoc) -> Iterator[Number]:
    for shell in glass.shells:
        pair = "_".join(shell.pair)
        yield f"peak_{pair}", shell.peak_a, "Å"
        yield f"peak_width_{pair}", shell.standard_deviation_a, "Å"
    for found in glass.coordination:
        yield f"coordination_{found.centre}_{found.neighbour}", found.mean, ""
    for angle in glass.angles:
        triplet = "_".join(angle.triplet)
        yield f"angle_{triplet}", angle.mean_deg, "°"
        yield f"angle_width_{triplet}", angle.standard_deviation_deg, "°"


def _network(glass: GlassDoc) -> Iterator[Number]:
    network = glass.network
    n_anions = network.bridging + network.non_bridging + network.free
    for name in ("bridging", "non_bridging", "free"):
        yield f"anion_{name}", getattr(network, name) / n_anions, ""
    shares = np.pad(network.qn, (0, max(0, 5 - len(network.qn))))
    for n, share in enumerate(shares.tolist()):
        yield f"qn_{n}", share, ""
    yield "connectivity", network.connectivity, ""
    for linkage, number in network.linkages_per_former.items():
        yield f"linkage_{linkage.replace('-', '_')}", number, f"per {network.former}"


def _peaks(glass: GlassDoc) -> Iterator[Number]:
    for radiation, peak in glass.first_sharp_peaks.items():
        yield f"fsdp_{radiation}", peak.q_inv_a, "1/Å"
        yield f"fsdp_height_{radiation}", peak.height, ""
        yield f"fsdp_width_{radiation}", peak.width_inv_a, "1/Å"


def _rings(glass: GlassDoc, rings: RingsDoc) -> Iterator[Number]:
    for size in range(2, rings.largest + 1):
        share = rings.distribution.get(size, 0) / glass.network.n_formers
        yield f"rings_{rings.kind}_{size}", share, f"per {glass.network.former}"
        of_size = rings.sizes == size
        if rings.areas_a2 is None or rings.eccentricities is None or not of_size.any():
            continue
        yield f"ring_area_{rings.kind}_{size}", float(rings.areas_a2[of_size].mean()), "Å²"
        mean = float(rings.eccentricities[of_size].mean())
        yield f"ring_eccentricity_{rings.kind}_{size}", mean, ""


def _room(glass: GlassDoc) -> Iterator[Number]:
    yield "free_volume_fraction", glass.free_volume.fraction, ""
    for element, volume in glass.free_volume.voronoi_mean_a3.items():
        yield f"voronoi_volume_{element}", volume, "Å³"
    if (room := glass.voids) is not None:
        yield "void_fraction", room.fraction, ""
        yield "void_open_fraction", room.open_fraction, ""
        yield "void_number_per_nm3", room.n_voids / glass.rdf.volume_a3 * 1e3, "1/nm³"
        yield "void_limiting_radius", room.limiting_radius_a, "Å"
        yield "void_largest_radius", room.largest_radius_a, "Å"
    if (lasting := glass.persistence) is not None:
        for name in ("loops", "cavities"):
            pairs: FloatArray = getattr(lasting, name)
            yield f"persistent_{name}", len(pairs) / glass.n_atoms, "per atom"
            if len(pairs):
                yield f"persistent_{name}_birth", float(pairs[:, 0].mean()), "Å²"
                yield f"persistent_{name}_death", float(pairs[:, 1].mean()), "Å²"
