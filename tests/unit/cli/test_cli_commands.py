import json
import os
import re
import subprocess
import sys
import warnings

import pytest
from cli_jobs import small_flow
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.doctor import Check
from amorph_flows.errors import AmorphFlowsWarning
from amorph_flows.executors.state import JobState, StudyState
from amorph_flows.structures import v2o5
from amorph_flows.study.study_file import Study


@pytest.fixture
def amorph(monkeypatch, tmp_path):
    """Call the command in an empty folder; warnings are put back afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AMORPH_JOB_STORE", raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "no.yaml"))
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)

    def call(*args, code=0):
        with warnings.catch_warnings():
            result = CliRunner().invoke(app, list(args))
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.fixture
def study_file(tmp_path):
    v2o5().to(filename=str(tmp_path / "V2O5.cif"))
    path = tmp_path / "mine.yaml"
    path.write_text("structure: V2O5.cif\nengine: toy\n")
    return path


@pytest.fixture
def small(monkeypatch, study_file, tmp_path):
    """A study file whose flow is one short job; the job fails while its marker is missing."""
    marker = tmp_path / "marker"
    marker.touch()
    monkeypatch.setattr(Study, "flow", lambda study: small_flow(study, marker))
    return marker


def test_run_report_status_query(amorph, small, study_file, tmp_path):
    shown = amorph("run", "mine.yaml", "-j", "1").stdout
    assert "summarise: done in" in shown
    assert f"report: {tmp_path}/mine/report.html" in shown
    assert (tmp_path / "mine" / "report.html").read_text(encoding="utf-8") == "<html>Å</html>"
    assert (tmp_path / "mine" / "report.json").read_text() == "{}"

    again = amorph("run", "mine.yaml", "-j", "1").stdout
    assert "study is complete, nothing to do" in again
    assert f"report: {tmp_path}/mine/report.html" in again
    assert len((tmp_path / "executions").read_text().split()) == 1

    assert "complete; jobs: 1 done" in amorph("status", "mine").stdout
    state = json.loads(amorph("status", "mine.yaml", "--json").stdout)
    assert state["state"] == "complete"
    assert state["jobs"][0]["stage"] == "study"

    (tmp_path / "mine" / "report.html").unlink()
    assert amorph("report", "mine").stdout.splitlines()[0] == f"{tmp_path}/mine/report.html"
    assert (tmp_path / "mine" / "report.html").exists()

    listed = amorph("query", "--store", "mine", "--stage", "study").stdout.splitlines()
    assert len(listed) == 2
    assert listed[1].split()[1:4] == ["study", "summarise", "V2O5"]
    uuid = listed[1].split()[0]
    assert amorph("query", "--store", "mine", "--ion", "Na").stdout.count("\n") == 1
    (found,) = json.loads(amorph("query", "-s", "mine", "--json").stdout)
    assert found["uuid"] == uuid
    light = json.loads(amorph("query", uuid[:8], "-s", "mine").stdout)
    assert "blob_uuid" in light["files"]
    whole = json.loads(amorph("query", uuid[:8], "-s", "mine", "--json").stdout)
    assert whole["files"]["report.html"] == "<html>Å</html>"


def test_figures_are_written_as_numbers_and_for_a_paper(amorph, small, study_file, tmp_path):
    amorph("run", "mine.yaml", "-j", "1")
    figures = tmp_path / "mine" / "figures"
    expected = "series,lag / ps,MSD / Å²\n300 K,0.5,0.25\n300 K,1.0,0.5\n"
    assert (figures / "msd.csv").read_text(encoding="utf-8") == expected
    assert [path.name for path in figures.iterdir()] == ["msd.csv"]
    shown = amorph("report", "mine", "--figures", "pdf").stdout.splitlines()
    assert shown[-1] == str(figures)
    assert (figures / "msd.pdf").read_bytes().startswith(b"%PDF")
    error = amorph("report", "mine", "--figures", "docx", code=2).stderr
    assert "'docx'; give pdf, svg or png" in error


def test_failed_study_says_why_and_resumes(amorph, small, study_file, tmp_path):
    small.unlink()
    result = amorph("run", "mine.yaml", "-j", "1", code=2)
    (line,) = result.stderr.splitlines()
    assert line.startswith("amorph: 1 job failed: ")
    assert f"{small} is missing" in line
    assert f"{tmp_path}/mine/jobs/001-" in line
    assert "summarise: failed: ValueError" in amorph("status", "mine").stdout
    error = amorph("report", "mine", code=2).stderr
    assert "has no report yet" in error
    small.touch()
    assert "report: " in amorph("run", "mine.yaml", "-j", "1").stdout


def test_configured_store_is_used(amorph, small, study_file, tmp_path, monkeypatch):
    part = {"type": "MontyStore", "database_path": str(tmp_path / "db")}
    stores = {
        "docs_store": part | {"collection_name": "documents"},
        "additional_stores": {"data": part | {"collection_name": "blobs"}},
    }
    (tmp_path / "store.json").write_text(json.dumps(stores))
    monkeypatch.setenv("AMORPH_JOB_STORE", "")  # so that the command's change is undone
    monkeypatch.setenv("JOBFLOW_JOB_STORE", str(tmp_path / "store.json"))
    amorph("run", "mine.yaml", "-j", "1")
    assert (tmp_path / "db").is_dir()
    assert not (tmp_path / "mine" / "store").exists()
    assert "summarise" in amorph("query").stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("- a\n", "holds a list"),
        ("structure: !!python/object/apply:os.system [ls]\n", "Python objects are refused"),
        ("structure: V2O5.cif\npresett: demo\n", "did you mean 'preset'"),
        ("structure: V2O5.cif\npreset: dmo\n", "unknown preset 'dmo'"),
        ("structure: V2O5.cif\nengine: CHGNot\n", "unknown engine 'CHGNot'; did you mean 'CHGNet'"),
        ("structure: V2O5.cif\nengine: not_there:Calc\n", "not_there is not installed"),
        ("structure: V2O5.cif\nengine: toy\nion: Xx2+\n", "Xx2+"),
        ("structure: V2O5.cif\nengine: toy\nion: Fe2+\n", "Fe"),
        ("structure: none.cif\n", "there is no file"),
        ("structure: mine.yaml\n", "no structure can be read"),
        (
            "structure: V2O5.cif\nengine: toy\noverrides: {melt_quench.timestep_fs: 1.0}\n",
            "did you mean 'melt_quench.time_step_fs'",
        ),
        (
            "structure: V2O5.cif\nengine: toy\noverrides: {melt_quench.time_step_fs: fast}\n",
            "got 'fast'",
        ),
        (
            "structure: V2O5.cif\nengine: toy\noverrides: {melt_quench.time_step_fs: -1.0}\n",
            "-1",
        ),
        (
            "structure: V2O5.cif\nengine: toy\noverrides: {melt_quench.melt_temperature_k: -5}\n",
            "-5",
        ),
        ("structure: V2O5.cif\nengine: toy\noverrides: {fit.settings.backend: nep}\n", "nep"),
        (
            "structure: V2O5.cif\nengine: toy\noverrides: {voltage.engine.calculator: toy}\n",
            "set 'engine.calculator'",
        ),
    ],
)
def test_bad_studies_are_refused_before_anything_runs(amorph, study_file, text, message, tmp_path):
    study_file.write_text(text)
    result = amorph("run", "mine.yaml", code=2)
    (line,) = result.stderr.splitlines()
    assert line.startswith("amorph: ")
    assert message in line
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run", "absent.yaml"], "there is no study file absent.yaml"),
        (["status"], "no study here"),
        (["status", "absent"], "there is no study absent"),
        (["report", "."], "holds no store"),
        (["query"], "name one with --store"),
        (["query", "--store", "."], "holds no store"),
        (["demo", "/dev/null/x"], "the folder /dev/null/x cannot be made"),
    ],
)
def test_errors_are_one_line(amorph, args, message):
    (line,) = amorph(*args, code=2).stderr.splitlines()
    assert message in line


def test_bad_setting_of_the_machine_is_named(amorph, study_file, monkeypatch):
    monkeypatch.setenv("AMORPH_PROCESSES", "-1")
    for args in (["run", "mine.yaml"], ["doctor"]):
        (line,) = amorph(*args, code=2).stderr.splitlines()
        assert "AMORPH_PROCESSES: Input should be greater than or equal to 0, got '-1'" in line


def test_silent_database_is_one_line(amorph):
    address = "mongodb://127.0.0.1:9/none?serverSelectionTimeoutMS=200"
    (line,) = amorph("query", "--store", address, code=2).stderr.splitlines()
    assert "MongoDB: 127.0.0.1:9: " in line
    assert "check that the server is running" in line


def test_other_errors_are_not_hidden(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("amorph_flows.doctor.examine", lambda: iter([int("x")]))
    assert isinstance(CliRunner().invoke(app, ["doctor"]).exception, ValueError)


def test_warnings_of_other_packages_stay_off_the_terminal(amorph, monkeypatch):
    def examine():
        # pymatgen's are attributed to the module that calls it
        where = ("reading.py", 1, "amorph_flows.structures._reading")
        warnings.warn_explicit("Issues encountered while parsing CIF", UserWarning, *where)
        warnings.warn("documents\nare lost", AmorphFlowsWarning, stacklevel=1)
        yield Check("machine", "Python", "ok", "3")

    monkeypatch.setattr("amorph_flows.doctor.examine", examine)
    monkeypatch.setattr(sys, "warnoptions", [])
    assert amorph("doctor").stderr == "amorph: warning: documents are lost\n"


def test_debug_shows_the_traceback(amorph):
    result = CliRunner().invoke(app, ["status", "absent", "--debug"])
    assert result.exit_code == 1
    assert "there is no study absent" in str(result.exception)


def test_running_study_shows_steps_and_expected_time(amorph, tmp_path):
    import fcntl
    import time

    folder = tmp_path / "study"
    (folder / "jobs" / "a").mkdir(parents=True)
    (folder / "jobs" / "a" / "progress.json").write_text(
        '{"done": 25, "total": 100, "note": "MD step", "written_at": 0}'
    )
    running = JobState(
        uuid="a",
        index=1,
        name="melt",
        function="f",
        state="running",
        started=time.time() - 30,
        folder=str(folder / "jobs" / "a"),
    )
    StudyState(title="study", jobs=[running]).write(folder)
    assert "interrupted" in amorph("status", "study").stdout
    with (folder / ".study.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shown = amorph("status", "study").stdout
        state = json.loads(amorph("status", "study", "--json").stdout)
    # a moment has passed since the 30 s were counted
    assert re.search(r"melt: MD step 25 of 100, 3\d s of about 2 min \d\d s", shown)
    assert re.search(r"expected time left: at least 1 min [34]\d s", shown)
    assert state["jobs"][0]["progress"]["done"] == 25
    assert 90 <= state["expected_left"] < 120


def test_terminal_shows_running_jobs_live(tmp_path):
    import io
    import time

    from rich.console import Console

    from amorph_flows.cli.display import Display

    (tmp_path / "progress.json").write_text(
        '{"done": 25, "total": 100, "note": "MD step", "written_at": 0}'
    )
    job = JobState(uuid="a", index=1, name="melt", function="f")
    state = StudyState(title="mine", jobs=[job])
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, highlight=False)
    with Display("mine", console) as display:
        display.show(state)
        job.state, job.started, job.folder = "running", time.time() - 30, str(tmp_path)
        display.show(state)
        job.state, job.finished = "done", job.started + 42
        display.show(state)
    shown = out.getvalue()
    assert "mine: 0 of 1 jobs done" in shown
    assert "MD step 25/100" in shown
    assert "30 s of 2 min 00 s" in shown
    assert "[1/1] melt: done in 42 s" in shown
    assert display.n_executed == 1


def test_damaged_state_is_said(amorph, tmp_path):
    (tmp_path / "study.json").write_text("{")
    assert "is damaged" in amorph("status", code=2).stderr


def test_doctor_names_what_is_missing(amorph, monkeypatch):
    monkeypatch.setenv("AMORPH_COMPILER", "no-such-compiler")
    monkeypatch.setenv("AMORPH_LAMMPS_COMMAND", "no-such-lmp -in")
    checks = {f["name"]: f for f in json.loads(amorph("doctor", "--json", code=1).stdout)}
    assert checks["toy"]["usable"]
    assert not checks["C++ compiler"]["usable"]
    assert "install g++" in checks["C++ compiler"]["detail"]
    assert "no-such-lmp" in checks["LAMMPS"]["detail"]
    assert {f["kind"] for f in checks.values()} >= {"engine", "potential", "executable", "store"}
    assert checks["LAMMPS"]["level"] == "fail"
    assert checks["C++ compiler"]["level"] == "warn"
    monkeypatch.delenv("AMORPH_LAMMPS_COMMAND")
    assert "warn  executable  C++ compiler" in amorph("doctor").stdout
    amorph("doctor", "--strict", code=1)


def test_demo_writes_a_study_that_can_be_run(amorph, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr("amorph_flows.cli.studies._run", lambda *args: seen.append(args))
    amorph("demo", "here")
    ((study, command, *_),) = seen
    assert study.home == tmp_path / "here"
    assert (study.preset, study.engine, study.ion) == ("demo", "CHGNet", "Mg2+")
    assert command == "amorph demo here"
    structure, discharged = study.structures()
    assert structure.composition.reduced_formula == "V2O5"
    assert discharged is None
    assert len(structure) == 14


def test_demo_of_glasses_writes_a_study_that_starts_from_a_formula(amorph, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr("amorph_flows.cli.studies.run_pages", lambda *args: seen.append(args))
    amorph("demo", "--glass")
    ((study, command, *_),) = seen
    assert study.home == tmp_path / "amorph-demo-glass"
    assert (study.composition, study.potential, study.preset) == ("NaFePO4", "fit", "glass-demo")
    assert command == "amorph demo --glass amorph-demo-glass"


@pytest.mark.parametrize(
    "command",
    [
        *("demo", "run", "submit", "status", "rescue", "report", "query"),
        *("relabel", "export", "init", "doctor", "install-backend", "build-plugin"),
    ],
)
def test_help_shows_examples(amorph, command):
    shown = amorph(command, "--help").stdout
    assert "Examples" in shown
    assert f"amorph {command}" in shown.split("Examples")[1]


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['amorph', '--help']\n"
        "from amorph_flows.cli import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "heavy = {'jobflow', 'pymatgen', 'torch', 'ase', 'numpy', 'maggma'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=os.environ)
