"""Where production starts from at each temperature, and what its record says."""

from __future__ import annotations

from jobflow import Job

from amorph_flows.flows import ProductionMDMaker
from amorph_flows.flows.production import produce, quenches_its_glass
from amorph_flows.potentials import classical_potential
from amorph_flows.structures import v2o5

POTENTIAL = classical_potential("pedone", ["Si", "O"])


def starts(maker: ProductionMDMaker, one_cell: bool = False) -> dict[float, tuple[object, str]]:
    """Return supercell and origin of the run at each temperature."""
    structures = {300.0: v2o5(), 900.0: v2o5()}
    wanted = (200.0, 300.0, 600.0, 900.0)
    jobs = produce(maker, POTENTIAL, structures, wanted, "V2O5", one_cell=one_cell)
    assert all(isinstance(job, Job) for job in jobs)
    arguments = [job.function_args for job in jobs]  # type: ignore[union-attr]
    return {given[2]: (given[4], given[5]) for given in arguments}


def test_a_temperature_without_a_branch_starts_from_the_next_lower_one_and_says_so() -> None:
    found = starts(ProductionMDMaker(supercell=(1, 1, 1)))
    at_300, at_900 = "end of engine MD at 300 K", "end of engine MD at 900 K"
    assert found[300.0][1] == at_300
    assert found[900.0][1] == at_900
    assert found[600.0][1] == f"{at_300} (an assumption: none was made at 600 K)"
    assert found[200.0][1] == f"{at_300} (an assumption: none was made at 200 K)"


def test_copies_are_told_as_copies() -> None:
    found = starts(ProductionMDMaker(supercell=(1, 2, 3)))
    assert found[300.0] == ((1, 2, 3), "1 × 2 × 3 copies of the end of engine MD at 300 K")


def test_a_cell_that_is_large_already_is_not_copied() -> None:
    maker = ProductionMDMaker(supercell=(1, 2, 3), glass="quenched")
    assert quenches_its_glass(maker)
    assert not quenches_its_glass(ProductionMDMaker())
    assert starts(maker, one_cell=True)[300.0] == ((1, 1, 1), "end of engine MD at 300 K")


def test_runs_are_judged_against_the_crystal_where_a_study_knows_it() -> None:
    """A stage on its own, such as of a crystal, is given none, and nor is a stage of one's own."""
    given = POTENTIAL, {300.0: v2o5()}, (300.0,), "V2O5"
    [judged] = produce(ProductionMDMaker(), *given, crystal=v2o5())
    [alone] = produce(ProductionMDMaker(), *given)
    assert judged.function_kwargs["crystal"] == v2o5()  # type: ignore[union-attr]
    assert alone.function_kwargs["crystal"] is None  # type: ignore[union-attr]
