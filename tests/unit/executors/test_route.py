import json
import re

import jobflow
import pytest
import routed_jobs
from fireworks import Firework
from jobflow import Flow, JobStore
from jobflow.managers.fireworks import flow_to_workflow
from maggma.stores import MemoryStore

from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError
from amorph_flows.executors import Worker, route
from amorph_flows.upstream.jobflow import job_kind


@pytest.fixture
def store(monkeypatch):
    """The job store of jobflow's configuration, which jobs use that name none."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    monkeypatch.setattr(jobflow.SETTINGS, "JOB_STORE", store)
    return store


def rocket(firework):
    """Run a FireWork as a worker does: from what the database holds of it."""
    loaded = Firework.from_dict(json.loads(json.dumps(firework.to_db_dict())))
    action = loaded.tasks[0].run_task(loaded.spec)
    return [fw for detour in action.detours for fw in detour.fws]


def kinds(fireworks):
    return {fw.name: (fw.spec["job_kind"], fw.spec.get("_category")) for fw in fireworks}


def test_kinds_follow_from_documents_and_from_atomate2():
    from atomate2.vasp.jobs.core import StaticMaker

    assert job_kind(routed_jobs.label) == "dft"
    assert job_kind(routed_jobs.look) == "light"
    assert job_kind(routed_jobs.plain) == "light"
    assert job_kind(AseEngine().md) == "dft"
    assert job_kind(StaticMaker().make) == "dft"
    assert job_kind(print) == "light"


def test_every_job_keeps_its_route_through_two_levels_of_children(store):
    label = routed_jobs.label(0)
    flow = Flow([label, routed_jobs.control(2, label.output)])
    workers = {
        "dft": Worker(name="vasp", queueadapter={"nodes": 4}),
        "md": {"_category": "gpu", "_fworker": "node7", "resources": {"gpus": 1}},
        "light": "login",
    }
    workflow = flow_to_workflow(route(flow, workers))
    assert kinds(workflow.fws) == {"control": ("light", "login"), "label": ("dft", "vasp")}
    expected = {
        "label": ("dft", "vasp"),
        "fit": ("fit", "fit"),
        "explore": ("md", "gpu"),
        "look": ("light", "login"),
        "plain": ("light", "login"),
        "control": ("light", "login"),
        "store_inputs": ("light", "login"),
    }
    (control,) = [fw for fw in workflow.fws if fw.name == "control"]
    for _ in range(2):
        children = rocket(control)
        assert kinds(children) == expected
        (control,) = [fw for fw in children if fw.name == "control"]
    specs = {fw.name: fw.spec for fw in children}
    assert specs["label"]["_queueadapter"] == {"nodes": 4}
    assert specs["label"]["worker"] == "vasp"
    assert specs["explore"]["_fworker"] == "node7"
    assert specs["explore"]["resources"] == {"gpus": 1}
    assert "_queueadapter" not in specs["fit"]
    assert specs["store_inputs"]["_allow_fizzled_parents"]


def test_a_single_job_is_routed_too():
    assert route(routed_jobs.fit(1)).config.manager_config["_category"] == "fit"


@pytest.mark.parametrize(
    ("workers", "message"),
    [
        ({"gpu": "x"}, "unknown job kind 'gpu'; known job kinds: dft, md, fit, light"),
        ({"dft": ""}, "'dft' must be a name"),
        ({"dft": 3}, "got 3"),
        ({"md": {"nodes": 2}}, "unknown field 'nodes'; known fields: name, category"),
        ({"md": {"queueadapter": "4 nodes"}}, "queueadapter: Input should be a valid dictionary"),
    ],
)
def test_wrong_destinations_are_refused(workers, message):
    with pytest.raises(InputError, match=re.escape(message)):
        route(routed_jobs.fit(1), workers)


def test_a_turn_may_refer_to_a_finished_job(store):
    """jobflow's own FireWorks manager refuses that in what a running job returns."""
    before = routed_jobs.plain(7)
    before.run(store)
    (fw,) = flow_to_workflow(routed_jobs.refer(before.uuid)).fws
    children = rocket(fw)
    assert [child.name for child in children] == ["plain", "store_inputs"]
    rocket(children[0])
    assert store.get_output(children[0].tasks[0]["job"].uuid) == 7
