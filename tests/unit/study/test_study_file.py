import re
from pathlib import Path

import pytest

from amorph_flows.errors import InputError
from amorph_flows.schemas.until import Until
from amorph_flows.study.study_file import Study, load_study


@pytest.fixture
def write(tmp_path):
    (tmp_path / "host.cif").write_text("")

    def write(text, name="mine.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_paths_are_relative_to_the_file(write, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    study = load_study(write("structure: host.cif\nfolder: results/here\n"))
    assert study.structure == tmp_path / "host.cif"
    assert study.home == tmp_path / "results" / "here"
    assert study.name == "here"


def test_defaults(write, tmp_path):
    study = load_study(write("structure: host.cif\n"))
    assert study.home == tmp_path / "mine"
    assert (study.ion, study.preset, study.engine) == ("Mg2+", "demo", None)
    assert study.maker().engine.info().name == "CHGNet"
    assert study.overrides == {}


def test_all_keys(write, tmp_path):
    text = """
structure: host.cif
discharged_structure: host.cif
ion: Na+
preset: choyal2025
engine: toy
folder: /elsewhere/study
overrides:
  melt_quench.time_step_fs: 1.0
"""
    study = load_study(write(text))
    assert study.discharged_structure == tmp_path / "host.cif"
    assert study.home == Path("/elsewhere/study")
    assert study.overrides == {"melt_quench.time_step_fs": 1.0}


def test_references(write):
    own = "{quantity: activation_energy, value: 50, unit: meV, source: me}"
    maker = load_study(write(f"structure: host.cif\nreferences: [choyal2025, {own}]\n")).maker()
    assert maker.references[-1].value == pytest.approx(0.05)
    assert load_study(write("structure: host.cif\n")).maker().references is None
    assert load_study(write("structure: host.cif\nreferences: []\n")).maker().references == ()


def test_references_that_are_wrong_name_the_file(write):
    text = (
        "structure: host.cif\nreferences: [{quantity: average_voltage, value: 2.3, source: me}]\n"
    )
    with pytest.raises(InputError, match=r"mine\.yaml: references, number 1: the unit is missing"):
        load_study(write(text))
    with pytest.raises(InputError, match="references must be a list, got 'choyal2025'"):
        load_study(write("structure: host.cif\nreferences: choyal2025\n"))


def test_samples(write):
    given = load_study(write("structure: host.cif\nn_glasses: 3\nn_occupations: 2\n")).maker()
    assert (given.n_glasses, given.n_occupations) == (3, 2)
    preset = load_study(write("structure: host.cif\n")).maker()
    assert (preset.n_glasses, preset.n_occupations) == (1, 1)


def test_goals_of_stages(write):
    plain = "structure: host.cif\nuntil: {relative_error: 0.2, budget_ps: 400}\n"
    maker = load_study(write(plain)).maker()
    assert (maker.production.until.relative_error, maker.production.until.budget_ps) == (0.2, 400)
    named = "{melt_quench: {verdict: melted, budget_ps: 9}, melt_quench.branch: {verdict: glass}}"
    maker = load_study(write(f"structure: host.cif\nuntil: {named}\n")).maker()
    assert maker.melt_quench.until == Until(verdict="melted", budget_ps=9)
    assert maker.melt_quench.branch.until == Until(verdict="glass")
    assert not maker.production.until.is_set
    several = "until:\n  glasses: {quantity: density, relative_error: 0.1, most_glasses: 5}\n"
    maker = load_study(write(f"structure: host.cif\nn_glasses: 3\n{several}")).maker()
    assert (maker.until.quantity, maker.until.most_glasses) == ("density", 5)


def test_a_goal_of_glasses_is_the_study_s(write):
    goal = "{glasses: {quantity: average_voltage, relative_error: 0.1, most_glasses: 5}}"
    maker = load_study(write(f"structure: host.cif\nuntil: {goal}\n")).maker()
    assert (maker.until.quantity, maker.until.most_glasses) == ("average_voltage", 5)
    assert not maker.production.until.is_set


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{meltquench: {budget_ps: 9}}",
            "until: unknown stage or key 'meltquench'; did you mean 'm",
        ),
        ("{relativ_error: 0.2}", "did you mean 'relative_error'"),
        ("{relative_error: 0.2, sampling: {budget_ps: 9}}", "'relative_error' beside 'sampling'"),
        ("{sampling: {verdit: x}}", "until.sampling: unknown key 'verdit'; did you mean 'verdict'"),
        ("{sampling: steady}", "until.sampling is 'steady'; give it keys with values"),
        ("{sampling: {budget_ps: long}}", "override 'sampling.until.budget_ps'"),
        ("{sampling: {budget_ps: 9}}\noverrides: {sampling.until.budget_ps: 8}", "set it once"),
        ("soon", "until must be keys with values"),
    ],
)
def test_goals_that_are_wrong(write, text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        load_study(write(f"structure: host.cif\nuntil: {text}\n")).maker()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "structure: host.cif\nn_glasses: three\n",
            "n_glasses must be a whole number, got 'three'",
        ),
        ("structure: host.cif\nn_occupations: 1.5\n", "n_occupations must be a whole number"),
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("- structure\n", "holds a list, not keys"),
        ("just text\n", "holds a str, not keys"),
        ("structure: !!python/object/apply:os.system [ls]\n", "tags that make Python objects"),
        ("structure: !!python/name:os.system\n", r"Python objects are refused \(line 1\)"),
        ("structure: [host.cif\n", "not plain YAML"),
        ("structure: {a: b: c}\n", "not plain YAML"),
        ("ion: Mg2+\n", "key 'structure' is missing"),
        (
            "structure: host.cif\nstrukture: x\n",
            "unknown key 'strukture'; did you mean 'structure'",
        ),
        ("structure: host.cif\noverides: {}\n", "did you mean 'overrides'"),
        ("structure: host.cif\nxyz: 1\n", "known keys: structure, "),
        ("structure: host.cif\n1: 2\n", "unknown key 1"),
        (
            "structure: host.cif\nions_per_formula: 1\n",
            "'ions_per_formula' is an override, not a key of the study file; write it under "
            "'overrides' as 'ions_per_formula'",
        ),
        (
            "structure: host.cif\nmelt_quench: {time_step_fs: 1.0}\n",
            "'melt_quench' is an override, not a key of the study file; write it under "
            "'overrides' as 'melt_quench.time_step_fs'",
        ),
        (
            "structure: host.cif\ncutoff: 4.0\n",
            "write it under 'overrides' as 'fit.settings.cutoff'",
        ),
        ("structure: 3\n", r"structure must be text, got 3 \(int\)"),
        ("structure: ''\n", "structure must be text"),
        ("structure: host.cif\nion: 2\n", r"ion must be text, got 2 \(int\)"),
        ("structure: host.cif\npreset: [demo]\n", "preset must be text"),
        ("structure: host.cif\nfolder: 7\n", "folder must be text"),
        ("structure: host.cif\noverrides: 1.0\n", "overrides must be keys with values"),
        ("structure: host.cif\noverrides: {1: 2}\n", "overrides must be keys with values"),
        ("structure: host.cif\nfolder: host.cif\n", "folder: .*host.cif is a file"),
        ("structure: absent.cif\n", "structure: there is no file .*absent.cif"),
        ("structure: host.cif\ndischarged_structure: no\n", "discharged_structure must be text"),
        ("structure: host.cif\ndischarged_structure: n.cif\n", "discharged_structure: there is no"),
    ],
)
def test_refused(write, text, message):
    with pytest.raises(InputError, match=message) as error:
        load_study(write(text))
    assert "\n" not in str(error.value)


def test_unreadable_files(tmp_path):
    with pytest.raises(InputError, match="there is no study file"):
        load_study(tmp_path / "nothing.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load_study(tmp_path)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not text in UTF-8"):
        load_study(tmp_path / "binary.yaml")


def test_every_key_is_documented():
    assert all(field.description for field in Study.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ion", "Na+", "set the key 'ion'"),
        ("preset", "choyal2025", "set the key 'preset'"),
        ("n_glasses", 3, "set the key 'n_glasses'"),
        ("active_learning.fit.settings.level", 8, "set 'fit.settings.level'"),
        ("voltage.insertion.seed", 3, "set 'insertion.seed'"),
        ("sampling.engine.name", "mine", "set 'engine.name'"),
    ],
)
def test_overrides_that_no_stage_would_heed_are_refused(write, name, value, message):
    study = load_study(write("structure: host.cif\nengine: toy\n"))
    with pytest.raises(InputError, match=message):
        study.model_copy(update={"overrides": {name: value}}).maker()
