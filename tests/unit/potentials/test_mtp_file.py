"""The .mtp file: nothing is lost, and what is wrong is named with file and line."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from mtp_reference import random_potential

from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp import parse_mtp, read_mtp


@pytest.mark.parametrize("level", [2, 8, 16])
def test_round_trip_keeps_every_bit(level, tmp_path):
    potential = random_potential(level)
    again = read_mtp(potential.write(tmp_path / "p.mtp"), potential.species)
    for field in dataclasses.fields(potential):
        old, new = getattr(potential, field.name), getattr(again, field.name)
        assert np.array_equal(old, new), field.name


def test_grouped_radial_keys_of_motep(tmp_path):
    text = random_potential(6).text()
    for old, new in (("min_dist", "min"), ("max_dist", "max"), ("radial_basis_size", "size")):
        text = text.replace(old, new)
    assert parse_mtp(text).cutoff == 4.0


def test_every_truncation_is_an_input_error():
    lines = random_potential(8).text().splitlines()
    for n in range(len(lines)):
        with pytest.raises(InputError, match=r"pot.mtp"):
            parse_mtp("\n".join(lines[:n]), "pot.mtp")
    whole = "\n".join(lines)
    with pytest.raises(InputError, match=rf"pot.mtp, line {len(lines)}: 'moment_coeffs'"):
        parse_mtp(whole[:-20], "pot.mtp")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("MTP\n", "PTM\n", "line 1: does not start with the line 'MTP'"),
        ("RBChebyshev", "RBJacobi", "line 7: has the radial basis 'RBJacobi'"),
        ("species_count = 3", "species_count = 4", "'1-0' instead of the pair 0-3"),
        ("species_count = 3", "species_count = three", "line 5: 'species_count' is 'three'"),
        ("alpha_scalar_moments = 9", "alpha_scalar_moments = 8", "has 9 numbers, not 8"),
        ("alpha_moments_count = 18", "alpha_moments_count = 12", "out of range"),
        ("{0, 0, 1, 11}", "{17, 0, 1, 11}", "not computed before it"),
        ("scaling = 4", "scaling = nan4", "line 4: 'scaling'"),
        ("max_dist = 4", "max_dist = 0", "must be 0 or more and below max_dist 0"),
    ],
)
def test_wrong_contents_are_named(old, new, message):
    text = random_potential(8).text()
    text = text.replace("scaling = ", "scaling = 4") if "scaling" in old else text
    assert old in text
    with pytest.raises(InputError, match=message):
        parse_mtp(text.replace(old, new, 1), "pot.mtp")


def test_absent_file(tmp_path):
    with pytest.raises(InputError, match=r"absent.mtp"):
        read_mtp(tmp_path / "absent.mtp")


def test_species_must_fit():
    text = random_potential(6).text()
    with pytest.raises(InputError, match="2 species given"):
        parse_mtp(text, species=["Mg", "V"])
    with pytest.raises(InputError, match="twice"):
        parse_mtp(text, species=["Mg", "Mg", "V"])
