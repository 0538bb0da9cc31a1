"""Scatter of sums between ions and blocks of time, and trends in the course of a run."""

import numpy as np
import pytest
from scipy import stats

from amorph_flows.analysis.transport._scatter import (
    Blocks,
    _chance_of_slope,
    clustered_variance,
    trend_of,
)
from amorph_flows.analysis.transport._spectrum import StepSpectrum


def still(n_steps, n_ions=1, run=0):
    """A piece of which only the shape matters."""
    return StepSpectrum(np.broadcast_to(0.0, (3, n_ions, n_steps)), run)


def blocks_of(n_blocks, n_ions=1, length=10):
    return Blocks(
        [still(n_blocks * length, n_ions)], [np.arange(n_blocks + 1, dtype=np.int64) * length]
    )


@pytest.mark.parametrize("lengths", [(8,), (1000,), (300, 40, 500), (7, 7, 7), (5000, 9)])
@pytest.mark.parametrize("memory_time", [0.0, 3.0, 1e4])
def test_blocks_hold_every_step_once(lengths, memory_time):
    pieces = [still(n) for n in lengths]
    blocks = Blocks.over(pieces, memory_time)
    for edges, piece, sums in zip(
        blocks.edges, pieces, blocks.sums([np.ones((2, n)) for n in lengths]), strict=True
    ):
        assert (edges[0], edges[-1]) == (0, piece.n_steps)
        assert np.all(np.diff(edges) > 0)
        assert sums == pytest.approx(np.tile(np.diff(edges), (2, 1)))
    assert blocks.count == sum(map(len, blocks.lengths))
    assert blocks.count <= 40 + len(lengths)


def test_blocks_are_long_beside_the_memory_where_there_is_room():
    for memory_time in (5.0, 20.0):
        (lengths,) = Blocks.over([still(2000)], memory_time).lengths
        assert lengths.min() >= 5.5 * memory_time
    assert Blocks.over([still(2000)], 1e4).count == 8
    assert Blocks.over([still(200_000)], 5.0).count == 40


def test_deviations_are_from_an_even_share_and_add_to_nothing():
    pieces = [still(100, 3), still(50, 3)]
    blocks = Blocks.over(pieces, 2.0)
    even = [2.0 * np.tile(lengths, (3, 1)) for lengths in blocks.lengths]
    assert all(d == pytest.approx(np.zeros_like(d)) for d in blocks.deviations(even))
    rng = np.random.default_rng(0)
    uneven = [rng.normal(size=d.shape) for d in even]
    left = sum(d.sum() for d in blocks.deviations(uneven))
    assert left == pytest.approx(0, abs=1e-9)


def test_clustered_variance_is_that_of_plain_loops():
    rng = np.random.default_rng(1)
    pieces = [still(60, 4, 0), still(30, 4, 0), still(40, 3, 1)]
    blocks = Blocks.over(pieces, 0.0)
    deviations = [
        rng.normal(size=(p.n_ions, len(e) - 1)) for p, e in zip(pieces, blocks.edges, strict=True)
    ]
    of_blocks, shared = [], 0.0
    of_ions = {}
    for piece, deviation in zip(pieces, deviations, strict=True):
        for block in range(deviation.shape[1]):
            of_blocks.append(sum(deviation[ion, block] for ion in range(piece.n_ions)))
            for ion in range(piece.n_ions):
                key = (piece.run, ion)
                of_ions[key] = of_ions.get(key, 0.0) + deviation[ion, block]
                shared += deviation[ion, block] ** 2
    n, m = len(of_blocks), len(of_ions)
    assert (n, m) == (blocks.count, 7)
    time = sum(b**2 for b in of_blocks) * n / (n - 1)
    ions = sum(i**2 for i in of_ions.values()) * m / (m - 1)
    found = clustered_variance(blocks, deviations)
    assert found.of_time == pytest.approx(time)
    assert found.both == pytest.approx(max(time + ions - shared, time, ions))


N_IONS, N_BLOCKS = 400, 500


def variance_of(sums):
    blocks = blocks_of(N_BLOCKS, N_IONS)
    return clustered_variance(blocks, blocks.deviations([sums]))


def test_independent_ions_and_blocks_give_the_plain_variance():
    sums = np.random.default_rng(2).normal(5.0, 1.0, (N_IONS, N_BLOCKS))
    assert variance_of(sums).both == pytest.approx(N_IONS * N_BLOCKS, rel=0.2)


def test_ions_that_move_together_count_as_one():
    together = np.random.default_rng(3).normal(5.0, 1.0, (1, N_BLOCKS))
    found = variance_of(np.repeat(together, N_IONS, axis=0))
    assert found.both == pytest.approx(N_IONS**2 * N_BLOCKS, rel=0.2)
    assert found.of_time == pytest.approx(found.both, rel=0.01)


def test_ions_that_differ_for_good_do_not_average_out_with_time():
    rng = np.random.default_rng(4)
    rates = rng.normal(5.0, 1.0, (N_IONS, 1))
    found = variance_of(rates + rng.normal(0.0, 1.0, (N_IONS, N_BLOCKS)))
    assert found.both == pytest.approx(N_IONS * N_BLOCKS**2, rel=0.2)
    assert found.of_time < 0.02 * found.both


def test_one_ion_has_the_scatter_of_its_blocks():
    blocks = blocks_of(200)
    sums = np.random.default_rng(5).normal(5.0, 1.0, (1, 200))
    found = clustered_variance(blocks, blocks.deviations([sums]))
    assert found.both == found.of_time == pytest.approx(200, rel=0.3)


def falling(rng, n_blocks, fall, mean=60.0):
    """Counts whose rate is lower by a share in the last third than in the first."""
    decay = -1.5 * np.log(1 - fall)
    rate = np.exp(-decay * (np.arange(n_blocks) + 0.5) / n_blocks)
    return rng.poisson(mean * rate / rate.mean())[None].astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_a_fall_by_one_half_is_found(seed):
    found = trend_of(blocks_of(40), [falling(np.random.default_rng(seed), 40, 0.5)])
    assert found.fall == pytest.approx(0.5, abs=0.1)
    assert found.p < 1e-6


def test_a_rise_is_a_negative_fall():
    rising = falling(np.random.default_rng(6), 40, 0.5)[:, ::-1]
    assert trend_of(blocks_of(40), [rising]).fall == pytest.approx(-1.0, abs=0.3)


def test_a_rate_that_falls_with_the_logarithm_of_time_is_found():
    rate = 60.0 / np.sqrt(np.arange(40) + 0.5)
    counts = np.random.default_rng(7).poisson(rate)[None].astype(float)
    assert trend_of(blocks_of(40), [counts]).p < 1e-6


def test_steady_activity_is_called_a_trend_no_more_often_than_said():
    rng = np.random.default_rng(8)
    blocks, counts = blocks_of(40), rng.poisson(60.0, (600, 1, 40)).astype(float)
    p = np.array([trend_of(blocks, [each]).p for each in counts])
    for level in (0.05, 0.2):
        alarms = np.sum(p < level)
        assert alarms <= stats.binom.ppf(0.999, len(p), level)
        assert alarms >= stats.binom.ppf(0.001, len(p), level / 2)


def test_time_goes_on_between_pieces_of_one_run_and_begins_anew_in_another():
    counts = np.split(falling(np.random.default_rng(9), 40, 0.5), 2, axis=1)
    edges = [np.arange(21, dtype=np.int64) * 10] * 2
    one_run = Blocks([still(200, run=0), still(200, run=0)], edges)
    assert trend_of(one_run, counts).fall == pytest.approx(0.5, abs=0.1)
    two_runs = Blocks([still(200, run=0), still(200, run=1)], edges)
    assert trend_of(two_runs, counts).fall < 0.4


@pytest.mark.parametrize("counts", [np.zeros((1, 40)), np.full((1, 40), 3.0)])
def test_no_motion_and_even_motion_have_no_trend(counts):
    found = trend_of(blocks_of(40), [counts])
    assert (found.fall, found.p) == (0.0, 1.0)


@pytest.mark.parametrize("slope", [0.0, 0.3, 5.0])
def test_chance_of_a_slope_is_that_of_linear_regression(slope):
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(size=12))
    y = slope * x + rng.normal(size=12)
    assert _chance_of_slope(x, y) == pytest.approx(stats.linregress(x, y).pvalue, rel=1e-9)


def test_a_straight_line_is_no_chance():
    assert _chance_of_slope(np.arange(5.0), 2 * np.arange(5.0)) == pytest.approx(0, abs=1e-12)
