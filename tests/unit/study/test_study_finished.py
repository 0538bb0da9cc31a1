"""A finished study is recognised without its flow, and only where nothing has changed."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from cli_jobs import small_flow
from slow_imports import run_command
from typer.testing import CliRunner

import amorph_flows
from amorph_flows.cli import app
from amorph_flows.executors.state import StudyState
from amorph_flows.structures import v2o5
from amorph_flows.study import finished
from amorph_flows.study.study_file import Study, load_study


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """A folder with a study of one short job that has been run to its end, and a copy of it."""
    home = tmp_path_factory.mktemp("finished") / "home"
    home.mkdir()
    v2o5().to(filename=str(home / "V2O5.cif"))
    (home / "mine.yaml").write_text("structure: V2O5.cif\nengine: toy\n")
    (home / "marker").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.delenv("AMORPH_JOB_STORE", raising=False)
        patch.setenv("JOBFLOW_CONFIG_FILE", str(home / "no.yaml"))
        patch.setattr(Study, "flow", lambda study: small_flow(study, home / "marker"))
        run()
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    return home, copy


@pytest.fixture
def home(complete, monkeypatch):
    """The folder as it was when the study had ended."""
    folder, copy = complete
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("AMORPH_JOB_STORE", raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(folder / "no.yaml"))
    return folder


@pytest.fixture
def built(home, monkeypatch):
    """How often the flow of the study is made."""
    flows = []

    def flow(study):
        flows.append(study)
        return small_flow(study, home / "marker")

    monkeypatch.setattr(Study, "flow", flow)
    return flows


def run(*options):
    """Return what `amorph run` prints."""
    result = CliRunner().invoke(app, ["run", "mine.yaml", "-j", "1", *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_finished_study_is_recognised_and_its_report_written(built, home):
    (home / "mine" / "report.html").unlink()
    shown = run()
    assert built == []
    assert "study is complete, nothing to do" in shown
    assert f"report: {home}/mine/report.html" in shown
    assert (home / "mine" / "report.html").read_text(encoding="utf-8") == "<html>Å</html>"


@pytest.mark.usefixtures("home")
def test_finished_study_is_recognised_without_slow_imports():
    shown, came_in = run_command("run", "mine.yaml")
    assert "study is complete, nothing to do" in shown
    assert "report: " in shown
    assert came_in == []


def edit_study(home, monkeypatch):
    (home / "mine.yaml").write_text("structure: V2O5.cif\nengine: toy\nion: Ca2+\n")


def change_structure(home, monkeypatch):
    v2o5().apply_strain(0.01).to(filename=str(home / "V2O5.cif"))


def change_package(home, monkeypatch):
    name = f"amorph_other-{amorph_flows.__version__}.dist-info"
    (home / "packages" / name).mkdir(parents=True)
    monkeypatch.syspath_prepend(home / "packages")


def change_source(home, monkeypatch):
    (home / "source").mkdir()
    (home / "source" / "__init__.py").write_text("edited")
    monkeypatch.setattr(amorph_flows, "__file__", str(home / "source" / "__init__.py"))


def change_setting(home, monkeypatch):
    monkeypatch.setenv("AMORPH_COMPILER", "clang++")


def delete_document(home, monkeypatch):
    with closing(sqlite3.connect(documents(home))) as connection, connection:
        connection.execute("DELETE FROM documents")


def rewrite_document(home, monkeypatch):
    with closing(sqlite3.connect(documents(home))) as connection, connection:
        connection.execute("UPDATE fields SET completed_at = '2026-01-01T00:00:00'")


def delete_bulk_data(home, monkeypatch):
    min((home / "mine" / "store" / "data").iterdir()).unlink()


def submit(home, monkeypatch):
    (home / "mine" / "submitted.json").write_text("{}")


def interrupt(home, monkeypatch):
    state = StudyState.read(home / "mine")
    state.model_copy(update={"state": "interrupted"}).write(home / "mine")


def documents(home):
    return home / "mine" / "store" / "db" / "documents.collection"


@pytest.mark.parametrize(
    "change",
    [
        *(edit_study, change_structure, change_package, change_source, change_setting),
        *(delete_document, rewrite_document, delete_bulk_data, submit, interrupt),
    ],
)
def test_changed_study_is_built_again(home, monkeypatch, change):
    change(home, monkeypatch)
    assert finished.finished_state(load_study(home / "mine.yaml")) is None


def test_deleted_document_is_computed_again(built, home, monkeypatch):
    delete_bulk_data(home, monkeypatch)
    assert "nothing to do" not in run()
    assert len((home / "executions").read_text().split()) == 2
    assert "nothing to do" in run()
    assert len(built) == 1


def test_retry_builds_the_study(built):
    assert "nothing to do" in run("--retry")
    assert len(built) == 1


def test_study_that_was_edited_while_it_ran_is_not_finished(home, monkeypatch):
    inputs = finished.inputs_fingerprint(load_study(home / "mine.yaml"))
    change_structure(home, monkeypatch)
    study = load_study(home / "mine.yaml")
    finished.remember_finished(study, inputs)
    assert StudyState.read(study.home).fingerprint
    assert finished.finished_state(study) is None


@pytest.mark.parametrize("engine", ["VASP", "GPAW", "shifted_calculator:Shifted"])
def test_engine_that_is_more_than_a_package_is_asked_each_time(home, engine):
    file = home / "mine.yaml"
    file.write_text(f"structure: V2O5.cif\nengine: {engine}\n")
    state = json.loads((home / "mine" / "study.json").read_text())
    StudyState.model_validate(state | {"fingerprint": ""}).write(home / "mine")
    study = load_study(file)
    finished.remember_finished(study, finished.inputs_fingerprint(study))
    assert StudyState.read(study.home).fingerprint == ""
