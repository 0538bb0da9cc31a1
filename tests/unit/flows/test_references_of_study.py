"""References of a study change its report and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

from jobflow import Job
from monty.json import MontyDecoder

from amorph_flows.engines import AseEngine
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.references import read_references, reference_sets
from amorph_flows.runtime.identity import PlannedJob, plan
from amorph_flows.structures import v2o5

OWN = {"quantity": "activation_energy", "value": 50, "unit": "meV", "source": "me"}


def jobs(**changes: object) -> dict[str, PlannedJob]:
    maker = AmorphousElectrodeMaker.from_preset("demo")
    maker = replace(maker, engine=AseEngine(calculator="toy"), **changes)
    return {job.uuid: job for job in plan([maker.make(v2o5())])}


def report_of(planned: dict[str, PlannedJob]) -> Job:
    [record] = [job.record for job in planned.values() if job.name == "report"]
    return MontyDecoder().process_decoded(json.loads(json.dumps(record)))


def test_only_the_report_depends_on_references() -> None:
    one = jobs(references=())
    other = jobs(references=tuple(read_references(["choyal2025-crystals", OWN])))
    assert [job.name for uuid, job in other.items() if uuid not in one] == ["report"]
    references = report_of(other).function_kwargs["references"]
    assert references[-1].value == 0.05
    assert report_of(one).function_kwargs["references"] == []


def test_a_study_of_the_published_glass_has_the_published_numbers() -> None:
    references = report_of(jobs()).function_kwargs["references"]
    assert references == reference_sets()["choyal2025"].references
