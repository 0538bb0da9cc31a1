"""The basis of each level is that of MLIP-2."""

from __future__ import annotations

import numpy as np
import pytest
from published import MGV2O5

from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp import read_mtp, untrained
from amorph_flows.potentials.mtp._basis import moment_graph


@pytest.mark.parametrize(
    ("level", "scalars"),
    [(2, 1), (4, 2), (6, 5), (8, 9), (10, 16), (12, 29), (14, 52), (16, 92), (18, 163), (20, 288)],
)
def test_number_of_basis_functions(level, scalars):
    assert len(moment_graph(level).scalar_moments) == scalars


def test_level_16_counts():
    graph = moment_graph(16)
    counts = (len(graph.index_basic), len(graph.index_times), graph.n_moments)
    assert counts == (130, 969, 350)
    assert graph.n_radial_functions == 4


def basis_values(graph, moments):
    moments = np.concatenate([moments, np.zeros(graph.n_moments - len(moments))])
    for a, b, m, c in graph.index_times:
        moments[c] += m * moments[a] * moments[b]
    return moments[graph.scalar_moments]


def physical_moments(index_basic, rng):
    """Moments of random neighbours, so that contractions are those of real tensors."""
    u = rng.normal(size=(7, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    f = rng.normal(size=(7, index_basic[:, 0].max() + 1))
    powers = np.prod(u[:, None, :] ** index_basic[None, :, 1:], axis=2)
    return (f[:, index_basic[:, 0]] * powers).sum(axis=0)


def test_level_16_spans_the_published_basis():
    published, own = read_mtp(MGV2O5 / "pot.mtp"), untrained(16, ["Mg", "V", "O"], 7.0)
    assert np.array_equal(published.index_basic, own.index_basic)

    class Published:
        index_times, n_moments = published.index_times, published.n_moments
        scalar_moments = published.scalar_moments

    rng = np.random.default_rng(0)
    for _ in range(3):
        moments = physical_moments(own.index_basic, rng)
        old = basis_values(Published, moments)
        new = basis_values(moment_graph(16), moments)
        assert np.allclose(np.sort(old), np.sort(new), rtol=1e-9)


@pytest.mark.parametrize("level", [8, 14, 20])
def test_basis_functions_are_rotation_invariant(level):
    graph = moment_graph(level)
    rng = np.random.default_rng(1)
    u = rng.normal(size=(9, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    f = rng.normal(size=(9, graph.n_radial_functions))
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    values = []
    for v in (u, u @ rotation):
        powers = np.prod(v[:, None, :] ** graph.index_basic[None, :, 1:], axis=2)
        values.append(basis_values(graph, (f[:, graph.index_basic[:, 0]] * powers).sum(axis=0)))
    assert np.allclose(*values, rtol=1e-9, atol=1e-9 * np.abs(values[0]).max())


def test_basis_functions_differ():
    graph = moment_graph(16)
    rng = np.random.default_rng(2)
    values = np.array([basis_values(graph, physical_moments(graph.index_basic, rng))
                       for _ in range(2)])  # fmt: skip
    for row in values:
        gaps = np.diff(np.sort(row)) / np.abs(row).max()
        assert (gaps > 0).all()


def test_highest_level():
    assert len(moment_graph(28).scalar_moments) == 2455


@pytest.mark.parametrize("level", [0, 7, 30, -2])
def test_levels_that_do_not_exist(level):
    with pytest.raises(InputError, match="even levels from 2 to 28"):
        untrained(level, ["V"], 5.0)


def test_untrained_is_seeded():
    first, again, other = (untrained(8, ["V", "O"], 5.0, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.parameters, again.parameters)
    assert not np.array_equal(first.parameters, other.parameters)


def test_untrained_refuses_nonsense():
    with pytest.raises(InputError, match="no species"):
        untrained(8, [], 5.0)
    with pytest.raises(InputError, match="minimum distance"):
        untrained(8, ["V"], 1.0, min_distance=1.5)
