"""Jobs of the executor's tests; every execution leaves a file behind, so that it can be counted."""

import os
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from jobflow import Flow, JobConfig, Maker, OnMissing, Response, job
from processes import wait_until
from pydantic import BaseModel

FORGIVING = JobConfig(on_missing_references=OnMissing.NONE)


def leave_mark(name):
    """Record an execution and return the folder of the marks."""
    marks = Path(os.environ["TEST_MARKS"])
    (marks / f"{name}.{uuid.uuid4().hex}").write_text(f"{time.time()} {os.getpid()}")
    return marks


@dataclass
class AddMaker(Maker):
    name: str = "add"
    offset: int = 0

    @job
    def make(self, a, b):
        leave_mark(f"add-{self.name}")
        return {"sum": a + b + self.offset}


class Scale(BaseModel):
    factor: float = 1.0


@dataclass
class ScaleMaker(Maker):
    name: str = "scale"
    scale: Scale = field(default_factory=Scale)
    shifts: tuple[float, ...] = ()

    @job
    def make(self, value):
        leave_mark(f"scale-{self.scale.factor:g}")
        return value * self.scale.factor + sum(self.shifts)


@job
def scale_later(maker, value):
    """Ask for a job whose Maker holds a pydantic model."""
    leave_mark("later")
    return Response(replace=maker.make(value))


@job
def total(values):
    leave_mark("total")
    return sum(values)


@job(config=FORGIVING)
def total_of_what_is_there(values):
    leave_mark("forgiving")
    return sum(value for value in values if value is not None)


@job
def fail_unless(marker, value):
    leave_mark("fail")
    if not Path(marker).exists():
        raise ValueError(f"no file for value {value}")
    return value


@job
def die(value):
    leave_mark("die")
    os.kill(os.getpid(), signal.SIGKILL)
    return value


@job
def wait_for_other(me, other):
    """End only after the other one has started."""
    marks = leave_mark(f"meet-{me}")
    wait_until(lambda: list(marks.glob(f"meet-{other}.*")), f"{other} has started")
    return me


@job
def hang(value):
    """End only when there is a file ``go``."""
    marks = leave_mark("hang")
    wait_until((marks / "go").exists, "a file go")
    return value


@job
def count_up(value, limit):
    """Replace itself until the limit is reached."""
    leave_mark(f"turn-{value}")
    if value >= limit:
        return value
    work = AddMaker(name=f"work {value}").make(value, 1)
    again = count_up(work.output["sum"], limit)
    return Response(replace=Flow([work, again], output=again.output))


@job
def count_up_alone(value, limit):
    leave_mark(f"alone-{value}")
    if value >= limit:
        return value
    return Response(replace=count_up_alone(value + 1, limit))


@job
def fan_out(values, marker):
    leave_mark("fan")
    jobs = [fail_unless(marker, v) if v < 0 else AddMaker().make(v, 0) for v in values]
    outputs = [j.output if v < 0 else j.output["sum"] for j, v in zip(jobs, values, strict=True)]
    return Response(replace=Flow(jobs, output=outputs))


@job
def with_more(value):
    leave_mark("more")
    before = AddMaker(name="detour").make(value, 1)
    beside = AddMaker(name="addition").make(value, 2)
    return Response(output=value, detour=Flow(before), addition=Flow(beside))


@job
def stop(value):
    leave_mark("stop")
    return Response(output=value, stop_children=True)


@job
def hang_with_child(value):
    """Wait for a child that ends when there is a file ``go``."""
    marks = leave_mark("hang_with_child")
    wait = f'echo $$ > "{marks}/child.new"; mv "{marks}/child.new" "{marks}/child"; '
    wait += f'while ! test -e "{marks}/go"; do sleep 0.05; done'
    subprocess.run(["sh", "-c", wait], check=True)
    return value
