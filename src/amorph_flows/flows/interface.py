"""The interface of each stage of a study; a Maker with this interface can replace the stage.

A stage is a Maker whose ``make`` returns a job or a flow. Its output, or the part of it that is
named, is a reference to the document; no other job of it is looked at. `docs/stages/index.md` has
the fields of the documents that other stages read.

A stage may have a method ``check`` too, which the study calls before anything is computed with
what is known then (`amorph_flows.flows.checks.check_stage`). Every field of a stage, and of the
stages in its fields, that is an `Engine` is given the engine of the study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Protocol, TypeVar, runtime_checkable

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.engines import Engine
from amorph_flows.jobs.active_learning.conclude import Start
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.insertion import SiteSetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc

_T = TypeVar("_T")


class MeltQuench(Protocol):
    """From a crystal to its amorphous form at several temperatures."""

    @property
    def temperatures_k(self) -> tuple[float, ...]:
        """Temperatures of the branches, K."""

    def make(self, structure: Structure) -> Flow:
        """Return a flow whose output has ``quench``, ``melt``, ``cooling`` and ``branches``.

        ``quench`` is a `QuenchDoc`, ``melt`` the `LabelDoc` of the melt, ``cooling`` a list of the
        `LabelDoc` of melt and quench, and ``branches`` a list of pairs of temperature (K) and the
        `LabelDoc` of its branch.
        """


class Insertion(Protocol):
    """Ions on their sites in a host."""

    def make(
        self, structure: Structure, ion: str, n_ions: int, temperature_k: float | None = None
    ) -> Job | Flow:
        """Return what makes a `SiteSetDoc`."""


@runtime_checkable
class SeveralOccupations(Protocol):
    """An insertion that gives more occupations than the best one."""

    @property
    def n_best(self) -> int:
        """How many it keeps."""

    def occupation(self, sites: SiteSetDoc, number: int) -> Job | Flow:
        """Return what makes the `SiteSetDoc` of an occupation of the same sites, from 1."""


class Sampling(Protocol):
    """Labelled frames of a structure at a temperature."""

    def make(self, structure: Structure, temperature_k: float, label: str = "") -> Job | Flow:
        """Return what makes a `LabelDoc`."""


class PotentialFit(Protocol):
    """A potential from labels."""

    def make(self, labels: Sequence[LabelDoc]) -> Job | Flow:
        """Return what makes a dictionary of ``dataset``, `DatasetDoc`, and `potential`.

        ``potential`` is a `PotentialDoc`.
        """


class ActiveLearning(Protocol):
    """A better potential from where its own MD extrapolates."""

    def make(self, potential: PotentialDoc, dataset: DatasetDoc, starts: list[Start]) -> Job | Flow:
        """Return what makes an `ActiveLearningOutcome`."""


class PotentialMD(Protocol):
    """MD with a potential."""

    def make(
        self,
        potential: PotentialDoc,
        structure: Structure,
        temperature_k: float,
        label: str = "",
        start: str = "given",
    ) -> Job | Flow:
        """Return what makes a `TrajectoryDoc`."""


class LargeGlass(Protocol):
    """A large glass by the potential."""

    @property
    def history(self) -> str:
        """What the glass went through, for the record."""

    def make(
        self,
        potential: PotentialDoc,
        structure: Structure,
        ion: str,
        n_ions: int,
        temperatures_k: tuple[float, ...],
    ) -> Flow:
        """Return a flow whose output has ``quench``, ``insertions`` and ``structures``.

        ``quench`` is a `QuenchDoc`, ``insertions`` a list of `SiteSetDoc`, and ``structures``
        pairs of temperature (K) and structure with ions, for each of the temperatures.
        """


class GlassTransition(Protocol):
    """The glass transition temperature."""

    def make(self, structure: Structure, potential: PotentialDoc | None = None) -> Job | Flow:
        """Return what makes a `GlassTransitionDoc`."""


class Voltage(Protocol):
    """Average voltages of crystal and amorphous form."""

    def make(
        self,
        structure: Structure,
        ion: str,
        n_ions: int,
        runs: list[tuple[float, LabelDoc | TrajectoryDoc]],
        discharged_structure: Structure | None = None,
        potential: PotentialDoc | None = None,
    ) -> Job | Flow:
        """Return what makes a `VoltageDoc`.

        Only a `VoltageMaker` is given the potential.
        """


def with_engine(stage: _T, engine: Engine) -> _T:
    """Return a stage that computes with an engine, as do the stages in its fields.

    Parameters
    ----------
    stage
        Any Maker; one that is no dataclass is returned as it is.
    engine
        Put into every field that holds an engine.
    """
    if not is_dataclass(stage) or isinstance(stage, type):
        return stage
    changes: dict[str, Any] = {}
    for field in fields(stage):
        value = getattr(stage, field.name)
        if isinstance(value, Engine):
            changes[field.name] = engine
        elif isinstance(value, Maker):
            changes[field.name] = with_engine(value, engine)
    return replace(stage, **changes)
