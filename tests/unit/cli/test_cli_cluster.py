import json
import stat

import pytest
import yaml
from fireworks import FWorker, LaunchPad
from fireworks.user_objects.queue_adapters.common_adapter import CommonAdapter
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.executors.fireworks import setup as checkup
from amorph_flows.structures import v2o5

KINDS = ("dft", "md", "fit", "light")
WALLTIME_LINES = {
    "slurm": "#SBATCH --time=24:00:00",
    "pbs": "#PBS -l walltime=24:00:00",
    "sge": "#$ -l h_rt=24:00:00",
}


@pytest.fixture
def amorph(monkeypatch, tmp_path):
    """Call the command in an empty folder, where nothing is configured."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AMORPH_JOB_STORE", raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "no.yaml"))
    monkeypatch.setattr("fireworks.fw_config.LAUNCHPAD_LOC", None)

    def call(*args, code=0):
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
def silent_launchpad(tmp_path):
    path = tmp_path / "my_launchpad.yaml"
    uri = "mongodb://me:secret@127.0.0.1:9/fw?serverSelectionTimeoutMS=200"
    path.write_text(yaml.safe_dump({"host": uri, "name": "fw", "uri_mode": True}))
    return path


def _filled_in(folder):
    for file in folder.iterdir():
        file.write_text(file.read_text().replace("CHANGE_ME_", "my_"))


def _script(home, kind):
    settings = yaml.safe_load((home / f"my_qadapter_{kind}.yaml").read_text())
    assert settings["_fw_name"] == "CommonAdapter"
    return CommonAdapter.from_dict(settings).get_script_str("/launch/dir")


@pytest.mark.parametrize("queue", WALLTIME_LINES)
def test_files_of_init_are_what_fireworks_reads(amorph, tmp_path, queue):
    shown = amorph("init", "fireworks", "fw", "--queue", queue).stdout
    home = tmp_path / "fw"
    assert f"export FW_CONFIG_FILE={home}/FW_config.yaml" in shown
    assert {stat.S_IMODE(file.stat().st_mode) for file in home.iterdir()} == {0o600}
    _filled_in(home)
    for kind in KINDS:
        assert FWorker.from_file(str(home / f"my_fworker_{kind}.yaml")).category == [kind]
        script = _script(home, kind)
        assert f"my_fworker_{kind}.yaml" in script
        assert f"export JOBFLOW_CONFIG_FILE={home}/jobflow.yaml" in script
        assert "$${" not in script
    script = _script(home, "md")
    assert WALLTIME_LINES[queue] in script.splitlines()
    assert ("export AMORPH_WALLTIME_S=86400" in script) == (queue != "slurm")
    launchpad = LaunchPad.from_file(str(home / "my_launchpad.yaml"))
    assert (launchpad.host, launchpad.password) == ("my_HOST", "my_PASSWORD")
    launchpad.connection.close()


def test_init_replaces_nothing_unasked(amorph, tmp_path):
    amorph("init", "fireworks")
    file = tmp_path / "fireworks" / "my_launchpad.yaml"
    file.write_text("mine")
    (line,) = amorph("init", "fireworks", code=2).stderr.splitlines()
    assert "my_launchpad.yaml" in line
    assert file.read_text() == "mine"
    amorph("init", "fireworks", "--force")
    assert "CHANGE_ME" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("queue", WALLTIME_LINES)
def test_jobflow_remote_project_has_a_worker_for_each_kind(amorph, tmp_path, queue):
    amorph("init", "jobflow-remote", "jf", "--queue", queue)
    project = yaml.safe_load((tmp_path / "jf" / "amorph.yaml").read_text())
    assert set(project["workers"]) == set(KINDS)
    assert {worker["scheduler_type"] for worker in project["workers"].values()} == {queue}
    assert set(project["jobstore"]["additional_stores"]) == {"data"}


def test_doctor_names_placeholders_and_open_passwords(amorph, tmp_path, monkeypatch):
    amorph("init", "fireworks", "fw")
    home = tmp_path / "fw"
    monkeypatch.setattr("fireworks.fw_config.LAUNCHPAD_LOC", str(home / "my_launchpad.yaml"))
    monkeypatch.setattr(checkup, "_TIMEOUT_MS", 100)
    _filled_in(home)
    adapter = home / "my_qadapter_md.yaml"
    adapter.write_text(adapter.read_text().replace("queue: my_PARTITION", "queue: CHANGE_ME_IT"))
    (home / "my_launchpad.yaml").write_text(
        "host: mongodb://me:secret@127.0.0.1:9/fw\nname: fw\nuri_mode: true\n"
    )
    (home / "my_launchpad.yaml").chmod(0o644)
    result = amorph("doctor", "--json", code=1)
    found = {f["name"]: f for f in json.loads(result.stdout) if f["kind"] == "cluster"}
    assert found["my_qadapter_dft.yaml"]["level"] == "ok"
    assert "SLURM, walltime 24:00:00" in found["my_qadapter_dft.yaml"]["detail"]
    assert found["my_qadapter_md.yaml"]["level"] == "fail"
    assert "fill in queue" in found["my_qadapter_md.yaml"]["detail"]
    assert "chmod 600" in found["my_launchpad.yaml"]["detail"]
    assert found["database"]["level"] == "fail"
    assert found["workers' store"]["level"] == "fail"
    assert "secret" not in result.output


def test_submit_says_what_is_not_set_up(amorph, study_file, silent_launchpad):
    (line,) = amorph("submit", "mine.yaml", code=2).stderr.splitlines()
    assert "no FireWorks database is configured" in line
    assert "amorph init fireworks" in line
    (line,) = amorph("submit", "mine.yaml", "-l", "my_launchpad.yaml", code=2).stderr.splitlines()
    assert "sets none (JOBFLOW_CONFIG_FILE" in line
    (line,) = amorph("submit", "mine.yaml", "-l", "mine.yaml", code=2).stderr.splitlines()
    assert "mine.yaml names no host" in line


def test_submit_refuses_a_store_of_one_process(amorph, study_file, silent_launchpad, tmp_path):
    (tmp_path / "no.yaml").write_text("JOB_STORE:\n  docs_store: {type: MemoryStore}\n")
    (line,) = amorph("submit", "mine.yaml", "-l", "my_launchpad.yaml", code=2).stderr.splitlines()
    assert "seen by one process only (MemoryStore)" in line


def test_wrong_workers_are_refused_before_anything_is_made(amorph, study_file):
    study_file.write_text(study_file.read_text() + "workers: {gpu: fast}\n")
    for command in ("run", "submit"):
        (line,) = amorph(command, "mine.yaml", code=2).stderr.splitlines()
        wanted = "unknown job kind 'gpu'; known job kinds: dft, md, fit, light"
        assert f"mine.yaml: workers: {wanted}" in line


def test_jobflow_remote_is_an_environment_of_its_own(amorph, study_file):
    pytest.importorskip("jobflow")
    try:
        import jobflow_remote  # noqa: F401
    except ImportError:
        (line,) = amorph(
            "submit", "mine.yaml", "--manager", "jobflow-remote", code=2
        ).stderr.splitlines()
        assert "'pymongo<4.11'" in line
    else:
        pytest.skip("jobflow-remote is installed here")


def test_silent_database_shows_no_password(amorph, silent_launchpad):
    for command in ("status", "rescue"):
        result = amorph(command, "somewhere", "-l", "my_launchpad.yaml", code=2)
        assert "check that the server is running" in result.stderr
        assert "secret" not in result.output


def test_a_local_study_needs_no_rescue(amorph, study_file):
    assert "`amorph run` continues it" in amorph("rescue", "mine.yaml").stdout
