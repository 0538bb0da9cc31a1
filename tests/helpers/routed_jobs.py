"""Jobs of different kinds, one of which makes others while it runs."""

from jobflow import Flow, JobConfig, OutputReference, Response, job

from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import LabelDoc, RelaxDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.structure import StructureDoc


@stage_job(LabelDoc)
def label(turn):
    return Response()


@stage_job(PotentialDoc)
def fit(turn):
    return Response()


@stage_job(TrajectoryDoc)
def explore(turn):
    return Response()


@stage_job(RelaxDoc, kind="light")
def look(turn):
    return Response()


@stage_job(StructureDoc, config=JobConfig(resolve_references=False))
def control(turns, after=None):
    """Make a turn of one job of each kind that ends with another controller."""
    if turns == 0:
        return Response()
    work = [label(turns), fit(turns), explore(turns), look(turns), plain(turns)]
    last = control(turns - 1, [one.output for one in work])
    return Response(replace=Flow([*work, last], output=last.output))


@job
def plain(turn):
    return turn


@stage_job(StructureDoc)
def refer(uuid):
    """Go on with a job that takes the output of one that is finished."""
    last = plain(OutputReference(uuid))
    return Response(replace=Flow([last], output=last.output))
