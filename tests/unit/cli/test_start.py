"""Commands that people wait for import only what they use."""

import json

import pytest
from slow_imports import run_command

from amorph_flows.executors.state import JobState, StudyState
from amorph_flows.store import open_store
from amorph_flows.store.keys import search_keys

UUID = "3f2a91c0-1111-5222-8333-944444444444"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A finished study with one document in its embedded store."""
    monkeypatch.delenv("AMORPH_JOB_STORE", raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "no.yaml"))
    output = {
        "@module": "amorph_flows.schemas.potential",
        "@class": "PotentialDoc",
        "formula": "V2O5",
        "files": {"potential.mtp": "MTP"},
    }
    metadata = {"study": "mine", "ion": "Mg2+", "formula": "V2O5"}
    document = {
        "uuid": UUID,
        "index": 1,
        "name": "fit",
        "completed_at": "2026-11-27T12:00:00",
        "metadata": metadata | search_keys(output, metadata),
        "output": output,
    }
    folder = tmp_path / "mine"
    open_store(folder).update(document, save={"data": ["files"]})
    job = JobState(uuid=UUID, index=1, name="fit", function="f", state="done")
    StudyState(title="mine", state="complete", jobs=[job]).write(folder)
    return folder


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--help"], "demo"),
        (["status", "mine"], "complete; jobs: 1 done"),
        (["query", "--store", "mine"], UUID),
        (["query", "--store", "mine", "--stage", "potential", "--formula", "V2O5"], UUID),
        (["query", "--store", "mine", "--since", "2026-01-01", "--json"], UUID),
        (["query", "--store", "mine", UUID[:8]], "blob_uuid"),
        (["query", "--store", "mine", UUID[:8], "--json"], '"potential.mtp": "MTP"'),
    ],
)
def test_no_slow_module_is_imported(study, args, expected):
    shown, came_in = run_command(*args)
    assert expected in shown
    assert came_in == []


def test_reference_in_an_output_is_resolved(study):
    plain, other = UUID.replace("3", "5"), UUID.replace("3", "4")
    reference = {
        "@module": "jobflow.core.reference",
        "@class": "OutputReference",
        "@version": None,
        "uuid": plain,
        "attributes": [["i", "formula"]],
        "output_schema": None,
    }
    store = open_store(study)
    store.update({"uuid": plain, "index": 1, "metadata": {}, "output": {"formula": "V2O5"}})
    store.update({"uuid": other, "index": 1, "metadata": {}, "output": {"inner": reference}})
    shown, came_in = run_command("query", "--store", "mine", other)
    assert json.loads(shown) == {"inner": "V2O5"}
    assert "jobflow" in came_in
