"""No secrets in what is written, nothing read that runs code, no path followed unchecked."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from jobflow import Flow, run_locally
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError, TrajectoryError
from amorph_flows.executors import route
from amorph_flows.executors.fireworks.submission import to_workflow
from amorph_flows.lammps.dump import load_trajectory
from amorph_flows.schemas.production_md import FileReference
from amorph_flows.store import open_store
from amorph_flows.store.opening import STORE_VARIABLE, masked
from amorph_flows.study.study_file import load_study
from amorph_flows.testing.alloy import alloy_frames

SRC = Path(__file__).parents[3] / "src" / "amorph_flows"
SECRET = "s3cr3t-Pa55"
URI = f"mongodb://me:{SECRET}@127.0.0.1:9/amorph?serverSelectionTimeoutMS=200"
FORBIDDEN = {
    *("pickle.load", "pickle.loads", "joblib.load", "torch.load", "dill.load", "marshal.loads"),
    *("yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.load_all", "np.fromfile"),
    *("eval", "exec", "os.system", "os.popen", "subprocess.getoutput", "read_pickle"),
}
# MACE's own files are whole models; the page on networks says to read only those that one trusts
WHOLE_MODELS = ("potentials/mace/_method.py", "torch.load")


def calls() -> list[tuple[Path, ast.Call]]:
    return [
        (path, node)
        for path in sorted(SRC.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


def test_nothing_is_read_or_run_that_could_be_code() -> None:
    found = [
        (str(path.relative_to(SRC)), ast.unparse(node.func))
        for path, node in calls()
        if ast.unparse(node.func) in FORBIDDEN
        and "weights_only=True" not in map(ast.unparse, node.keywords)
    ]
    assert found == [WHOLE_MODELS]


def test_arrays_are_read_without_pickles_and_commands_without_a_shell() -> None:
    for path, node in calls():
        keywords = {k.arg: ast.unparse(k.value) for k in node.keywords}
        if ast.unparse(node.func) in ("np.load", "numpy.load"):
            assert keywords.get("allow_pickle") == "False", path
        assert keywords.get("shell", "False") == "False", path


@pytest.mark.parametrize(
    "address",
    [
        f"mongodb://me:{SECRET}@host/db",
        f"mongodb+srv://me:{SECRET}@host",
        f"mongodb://me:a@{SECRET}@host:27017/db",
        f"mongodb://me:a/{SECRET}@host",
        f"mongodb://me:a {SECRET}@host:port/db",
        f"mongodb://host/db?tlsCertificateKeyFilePassword={SECRET}&tls=true",
        f"two: mongodb://a:{SECRET}@host and mongodb://b:{SECRET}@host",
    ],
)
def test_no_password_survives_masking(address: str) -> None:
    assert SECRET not in masked(address)
    assert "host" in masked(address)


@pytest.mark.parametrize(
    "where", [URI, URI.replace("mongodb", "mongo"), f"mongodb://me:{SECRET} x@host:port/db"]
)
def test_errors_of_the_command_line_hide_the_password(where: str) -> None:
    done = CliRunner().invoke(app, ["query", "--store", where])
    assert done.exit_code == 2
    assert SECRET not in done.output


def test_a_description_of_a_store_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "store.yaml"
    file.write_text(f"docs_store: {{type: MongoStore, nonsense: '{URI}'}}\n")
    with pytest.raises(InputError) as caught:
        open_store(file)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_jobs_and_documents_hold_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STORE_VARIABLE, URI)
    monkeypatch.chdir(tmp_path)
    engine = AseEngine(calculator="ase.calculators.emt:EMT", name="EMT", surrogate=True)
    flow = Flow([engine.static(alloy_frames(2, seed=0), run="alloy")])
    workflow = to_workflow(list(route(flow).iterflow()), set())
    assert SECRET not in json.dumps(workflow.to_dict(), default=str)
    store = open_store(tmp_path / "study")
    run_locally(flow, store=store, ensure_success=True)
    stored = [str(document) for document in store.query(load=True)]
    assert stored
    assert SECRET not in "".join(stored)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!!python/name:os.x"])
def test_a_study_file_makes_no_python_objects(tmp_path: Path, tag: str) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(f"structure: {tag}\n")
    with pytest.raises(InputError, match="Python objects are refused"):
        load_study(file)


@pytest.mark.parametrize("path", ["/dev/zero", "/etc", "/etc/hostname", "../outside"])
def test_a_reference_to_another_file_is_refused(path: str) -> None:
    reference = FileReference(
        path=path, format="lammps-dump", sha256="0" * 64, n_frames=1, species=["O"]
    )
    with pytest.raises(TrajectoryError):
        load_trajectory(reference)
