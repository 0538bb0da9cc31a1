"""Where a fit starts: species, distances, an earlier potential."""

from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.potentials import (
    MotepBackend,
    backend_names,
    default_settings,
    get_backend,
    requirements,
)
from amorph_flows.potentials.mtp._start import named_potential, named_text, starting_potential
from amorph_flows.testing.alloy import MTP_SETTINGS, alloy_frames

FRAMES = alloy_frames(6, seed=0)


def test_untrained_potential_fits_the_frames() -> None:
    potential = starting_potential(FRAMES, MTP_SETTINGS)
    assert potential.species == ("Cu", "Au")
    assert potential.cutoff == MTP_SETTINGS.cutoff
    shortest = min(
        f.to_atoms().get_all_distances(mic=True)[np.triu_indices(f.n_atoms, 1)].min()
        for f in FRAMES
    )
    assert potential.min_distance == pytest.approx(0.95 * shortest)
    given = MTP_SETTINGS.model_copy(update={"min_distance": 1.9})
    assert starting_potential(FRAMES, given).min_distance == 1.9


def test_species_travel_in_the_tag() -> None:
    potential = starting_potential(FRAMES, MTP_SETTINGS)
    again = named_potential(named_text(potential))
    assert again.species == ("Cu", "Au")
    np.testing.assert_array_equal(again.parameters, potential.parameters)
    with pytest.raises(InputError, match="potential_tag = species Mg V O"):
        named_potential(potential.text())


def test_old_coefficients_stay_when_a_species_is_added() -> None:
    copper = [f.to_atoms() for f in FRAMES]
    for atoms in copper:
        atoms.numbers[:] = 79
    gold = type(FRAMES)(type(FRAMES[0]).from_atoms(atoms) for atoms in copper)
    old = starting_potential(gold, MTP_SETTINGS)
    new = starting_potential(FRAMES, MTP_SETTINGS, named_text(old))
    assert new.species == ("Au", "Cu")
    np.testing.assert_array_equal(new.radial_coeffs[:1, :1], old.radial_coeffs)
    np.testing.assert_array_equal(new.radial_coeffs[1, 0], old.radial_coeffs.mean(axis=(0, 1)))
    np.testing.assert_array_equal(new.moment_coeffs, old.moment_coeffs)


def test_no_pair_within_the_cutoff() -> None:
    short = MTP_SETTINGS.model_copy(update={"cutoff": 1.0})
    with pytest.raises(InputError, match=r"within the cutoff 1\.0"):
        starting_potential(FRAMES, short)


def test_the_backend_of_a_fit_follows_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMORPH_COMPILER", "no-such-compiler")
    assert default_settings().backend == "motep"


def test_registry_names_what_it_has() -> None:
    assert isinstance(get_backend("motep"), MotepBackend)
    with pytest.raises(InputError, match=r"known potential backends: .*motep"):
        get_backend("gab")


def test_without_motep_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"amorph-flows\[motep\]"):
        MotepBackend().fit(FRAMES, FRAMES, MTP_SETTINGS)


def test_each_backend_of_the_package_has_its_check() -> None:
    names = backend_names()
    assert names == sorted(names)
    assert set(requirements.CHECKS) <= set(names)
    for name in requirements.CHECKS:
        assert get_backend(name).name == name
    with pytest.raises(InputError, match=f"backends: {', '.join(names)}"):
        get_backend("none")
