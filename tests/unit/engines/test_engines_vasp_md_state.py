"""The state of an MD run with VASP: steps, frames and where to go on from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from amorph_flows.datasets.frames import Provenance
from amorph_flows.engines.vasp._md import require_whole_cell
from amorph_flows.engines.vasp._md_state import MDState
from amorph_flows.engines.vasp._run import Computed, VaspRun
from amorph_flows.errors import CalculationError
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import temperature_of, to_atoms

STAGE = MDStage(
    name="ramp", start_temperature_k=900, end_temperature_k=300, duration_fs=24, frame_stride=4
)
VELOCITY = np.array([0.01, 0.0, 0.0])
"""Of every atom, Å/fs."""


def vasp(first: int, n: int, *, ahead: int = 1, unconverged: tuple[int, ...] = ()) -> VaspRun:
    """Return n configurations of atoms that all drift, from a step on, and a CONTCAR after them."""
    crystal = v2o5()

    def at(step: int) -> np.ndarray:
        return crystal.cart_coords + VELOCITY * 2.0 * step

    steps = [
        Computed(
            positions=at(step),
            cell=crystal.lattice.matrix,
            energy_ev=-float(step),
            forces=np.zeros((14, 3)),
            stress=None,
            converged=step not in unconverged,
        )
        for step in range(first, first + n)
    ]
    contcar = Structure(
        crystal.lattice,
        crystal.species,
        at(first + n - 1 + ahead),
        coords_are_cartesian=True,
        site_properties={"velocities": [VELOCITY.tolist()] * 14},
    )
    return VaspRun(steps, contcar, "0", converged=True, folder=Path("there"))


def started() -> MDState:
    return MDState.start("key", v2o5(), STAGE, seed=1)


def steps_of(state: MDState) -> list[int | None]:
    return [frame.provenance.step for frame in state.frames]


def test_start_draws_velocities_of_the_seed() -> None:
    one, same, other = (MDState.start("k", v2o5(), STAGE, seed) for seed in (1, 1, 2))
    velocities = [s.structure.site_properties["velocities"] for s in (one, same, other)]
    assert velocities[0] == velocities[1] != velocities[2]
    assert temperature_of(to_atoms(one.structure)) == pytest.approx(900)
    assert (one.step, one.is_new) == (0, True)


def test_tags_of_the_whole_and_of_the_rest() -> None:
    state = started()
    whole = state.incar(STAGE)
    assert (whole["NSW"], whole["TEBEG"], whole["TEEND"]) == (13, 900, 300)
    assert (whole["POTIM"], whole["IBRION"], whole["ISIF"]) == (2, 0, 2)
    assert (whole["MDALGO"], whole["SMASS"]) == (2, 0)
    state.add(vasp(0, 6), STAGE, Provenance())
    rest = state.incar(STAGE)
    assert (rest["NSW"], rest["TEBEG"], rest["TEEND"]) == (7, 600, 300)
    nve = STAGE.model_copy(update={"ensemble": "nve"})
    assert started().incar(nve) | {"MDALGO": 1, "ANDERSEN_PROB": 0.0} == started().incar(nve)


def test_tags_of_a_moving_cell() -> None:
    """Friction is the inverse of the damping times, per ps; the first are those of atomate2."""
    stage = STAGE.model_copy(update={"ensemble": "npt", "coupling": "triclinic"})
    tags = started().incar(stage)
    assert (tags["MDALGO"], tags["ISIF"], tags["PSTRESS"]) == (3, 3, 0)
    assert (tags["LANGEVIN_GAMMA"], tags["LANGEVIN_GAMMA_L"]) == ([12.5, 12.5], 1.0)
    assert "SMASS" not in tags
    slower = stage.model_copy(update={"barostat_damping_fs": 2000.0})
    assert started().incar(slower)["PMASS"] == pytest.approx(4 * tags["PMASS"], rel=1e-5)
    assert 50 < tags["PMASS"] < 500


def test_pieces_add_up_to_every_frame_once() -> None:
    state = started()
    for first, n in ((0, 5), (5, 1), (6, 7)):
        assert not state.is_finished(STAGE)
        assert (state.step, state.is_new) == (first, True)
        state.add(vasp(first, n), STAGE, Provenance(run="run"))
    assert state.is_finished(STAGE)
    assert steps_of(state) == [0, 4, 8, 12]
    assert [frame.energy_ev for frame in state.frames] == [0, -4, -8, -12]
    assert [frame.provenance.time_fs for frame in state.frames] == [0, 8, 16, 24]
    assert state.n_computed == 13


def test_a_contcar_at_the_last_configuration_gives_no_frame_twice() -> None:
    state = started()
    state.add(vasp(0, 5, ahead=0), STAGE, Provenance())
    assert (state.step, state.is_new, state.incar(STAGE)["NSW"]) == (4, False, 9)
    state.add(vasp(4, 9), STAGE, Provenance())
    assert steps_of(state) == [0, 4, 8, 12]
    assert state.n_computed == 13


def test_the_next_stage_knows_whether_its_start_has_a_label() -> None:
    state = started()
    state.add(vasp(0, 13), STAGE, Provenance())
    following = MDState.start("next", state.structure, STAGE, seed=1)
    assert (following.step, following.is_new, following.incar(STAGE)["NSW"]) == (1, True, 12)
    elsewhere = state.structure.copy()
    elsewhere.properties = {}
    known = MDState.start("next", elsewhere, STAGE, seed=1)
    assert (known.step, known.is_new, known.incar(STAGE)["NSW"]) == (0, False, 13)


def test_the_velocity_of_the_cell_is_for_a_stage_that_moves_it() -> None:
    state, velocities = started(), [[0.0] * 3] * 6
    state.add(vasp(0, 13), STAGE, Provenance())
    state.structure.properties["lattice_velocities"] = velocities
    moving = STAGE.model_copy(update={"ensemble": "npt", "coupling": "triclinic"})
    for stage, held in ((STAGE, None), (moving, velocities)):
        following = MDState.start("next", state.structure, stage, seed=1)
        assert following.structure.properties.get("lattice_velocities") == held


def test_a_cell_that_runs_away_ends_the_run() -> None:
    state = started()
    state.add(vasp(0, 6), STAGE, Provenance())
    require_whole_cell(state, STAGE, "r")
    state.structure.scale_lattice(4 * state.structure.volume)
    with pytest.raises(CalculationError, match=r"'r', 'ramp', step 6 of 12: .*exploded to 4 .*2 f"):
        require_whole_cell(state, STAGE, "r")


def test_unconverged_configurations_are_set_aside() -> None:
    state = started()
    state.add(vasp(0, 13, unconverged=(3, 4)), STAGE, Provenance())
    assert steps_of(state) == [0, 8, 12]
    assert ([q.index for q in state.quarantined], state.n_unconverged) == ([4], 2)


def test_nothing_is_taken_over_without_velocities() -> None:
    state, run = started(), vasp(0, 5)
    run.structure.remove_site_property("velocities")
    with pytest.raises(CalculationError, match="holds no velocities"):
        state.add(run, STAGE, Provenance())
    assert (state.step, state.frames, state.n_computed) == (0, [], 0)


def test_state_on_disk(tmp_path: Path) -> None:
    state = started()
    state.add(vasp(0, 6, unconverged=(4,)), STAGE, Provenance(run="run", engine="VASP"))
    state.folder = "somewhere"
    state.write(tmp_path)
    held = MDState.read(tmp_path, "key")
    assert held is not None
    assert (held.step, held.is_new, held.folder) == (6, True, "somewhere")
    assert [f.provenance for f in held.frames] == [f.provenance for f in state.frames]
    assert held.quarantined == state.quarantined
    np.testing.assert_array_equal(held.structure.cart_coords, state.structure.cart_coords)
    assert MDState.read(tmp_path, "another") is None
    (file,) = tmp_path.glob("md_*.json")
    file.write_text(file.read_text()[:-20])
    assert MDState.read(tmp_path, "key") is None
