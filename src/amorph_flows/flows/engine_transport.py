"""Diffusivities from the engine's own MD, beside those of the potential."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.errors import InputError
from amorph_flows.flows.interface import Sampling
from amorph_flows.jobs.sampling import SamplingMaker
from amorph_flows.jobs.transport import TransportSettings, collect_engine_transport
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.until import Until
from amorph_flows.upstream.jobflow import without_what_failed


@dataclass
class EngineTransportMaker(Maker):
    """Go on with engine MD and take diffusivities from it (Choyal et al. 2025, section 2.4).

    Each run of a study's sampling goes on from its last structure and velocities with the same
    settings. Both parts are analysed as one trajectory; frames of the second part are no labels.

    Parameters
    ----------
    name
        Name of the jobs.
    duration_fs
        Length of both parts together, fs.
    transport
        How diffusivities are taken from it.
    """

    name: str = "engine transport"
    duration_fs: float = 50_000.0
    transport: TransportSettings = field(
        default_factory=lambda: TransportSettings(time_difference_fs=10_000.0)
    )

    def check(self, sampling: Sampling) -> None:
        """Refuse settings with which no run could go on.

        Parameters
        ----------
        sampling
            The stage whose runs go on.

        Raises
        ------
        InputError
            If the stage is no `SamplingMaker`, or its runs are as long already.
        """
        if not isinstance(sampling, SamplingMaker):
            raise InputError(
                f"sampling is a {type(sampling).__name__}, whose runs cannot go on; use a "
                "SamplingMaker, or set find_engine_transport to false"
            )
        if not self.duration_fs > sampling.duration_fs:
            raise InputError(
                f"engine_transport.duration_fs is {self.duration_fs:g}, but sampling.duration_fs "
                f"is {sampling.duration_fs:g}; give more"
            )
        self.transport.check(self.duration_fs, "engine_transport.transport")

    def make(
        self,
        sampled: dict[float, LabelDoc],
        sampling: Sampling,
        ion: str,
        label: str,
        crystal: Structure | None = None,
    ) -> Flow:
        """Return the flow; its output is a `TransportDoc`.

        Parameters
        ----------
        sampled
            The runs that go on, or references to them, by temperature, K.
        sampling
            The stage that made them.
        ion
            Such as ``"Mg2+"``.
        label
            What was sampled, as the stage was told.
        crystal
            What the runs are glasses of, or a reference to it, for the verdict *amorphous?*; None
            does not judge it.

        Raises
        ------
        InputError
            If the stage is no `SamplingMaker`.
        """
        if not isinstance(sampling, SamplingMaker):
            raise InputError("only runs of a SamplingMaker can go on")
        rest_fs = self.duration_fs - sampling.duration_fs
        longer = replace(sampling, name=self.name, duration_fs=rest_fs, until=Until())
        rest: dict[float, Job | Flow] = {
            t: longer.make(run.structure, t, label) for t, run in sampled.items()
        }
        collect = collect_engine_transport(
            [[run, rest[t].output] for t, run in sampled.items()],
            ion,
            self.transport,
            crystal,
        )
        collect.name = f"{self.name} {label}"
        without_what_failed(collect)
        return Flow([*rest.values(), collect], output=collect.output, name=self.name)
