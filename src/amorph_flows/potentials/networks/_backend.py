"""What the backends of graph neural networks have in common."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.hashes import sha256_of_files
from amorph_flows.potentials.base import GradeSettings, PairStyle
from amorph_flows.potentials.committee import CommitteeBackend
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import Environment
from amorph_flows.potentials.environments.server import MethodServer, ServedCalculator
from amorph_flows.potentials.learned import Fit, require_settings
from amorph_flows.potentials.networks._deployed import deployed
from amorph_flows.potentials.networks._given import mliap_unified, replayed
from amorph_flows.potentials.networks._training import (
    LOOP,
    Training,
    checked,
    member_file,
    require_same_model,
)
from amorph_flows.potentials.stored import check_files
from amorph_flows.schemas.fits import FineTunedSettings, FitSettings, NetworkSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.settings import Settings

_UNLABELLED_ERROR_EV_A = 0.3


class NetworkBackend(CommitteeBackend):
    """A graph neural network: trained, run and stored in an environment of its own.

    The loop of the training is the same for all: Adam on the weighted squared errors of
    `LossWeights`. A method says how its network is built, read and stored.

    Attributes
    ----------
    environment
        Where it is installed.
    suffix
        Of its files.
    target
        File that pair styles read.
    """

    environment: ClassVar[Environment]
    suffix: ClassVar[str]
    target: ClassVar[str] = "potential-lammps.pt"
    grades_need: ClassVar[Literal["training", "held-out"]] = "held-out"

    def given(self, settings: NetworkSettings) -> bytes | None:
        """Return the file that a fit without a start begins with; None: there is none.

        Parameters
        ----------
        settings
            Of the fit.

        Raises
        ------
        InputError
            If the settings name a file that is not there.
        """
        del settings
        return None

    def is_foundation(self, settings: NetworkSettings) -> bool:
        """Return whether a fit without a start begins with trained weights.

        Parameters
        ----------
        settings
            Of the fit.
        """
        del settings
        return False

    def pair_style_of(self, settings: NetworkSettings) -> str:
        """Return the pair style that the settings of the machine name; empty: none.

        Parameters
        ----------
        settings
            Of the potential.

        Raises
        ------
        InputError
            If it is another model's.
        """
        del settings
        return str(getattr(Settings(), f"{self.name}_pair_style"))

    def before_box(self, style: str) -> list[str]:
        """Return what a pair style needs in the input before there is a cell.

        Parameters
        ----------
        style
            Such as ``"nequip"``.
        """
        del style
        return ["newton on"]

    def lammps(self, style: str, elements: list[str]) -> PairStyle:
        """Return the input lines of a pair style that reads the file `target`.

        Parameters
        ----------
        style
            Such as ``"nequip"``.
        elements
            Element symbol of each LAMMPS type, in order.
        """
        if style.startswith("mliap"):
            return mliap_unified(style, self.target, elements)
        return PairStyle(
            commands=[f"pair_style {style}", f"pair_coeff * * {self.target} {' '.join(elements)}"],
            before_box=self.before_box(style),
        )

    @override
    def check(self) -> None:
        find_installed(self.environment)

    @override
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        """Train the committee in a folder of the current one, side by side if there are cores.

        A start that lacks an element begins anew, or from the foundation model.
        """
        kind = self.settings_type
        asked = require_settings(settings, kind)
        assert isinstance(asked, NetworkSettings)
        held_out = checked(training, validation, start)
        if start is not None:
            require_same_model(start, asked, member_file(self.name, self.suffix, 0))
            check_files(start)
        given = self.given(asked)
        replay = replayed(asked) if isinstance(asked, FineTunedSettings) else FrameSet()
        return Training(
            method=self.name,
            suffix=self.suffix,
            installed=find_installed(self.environment),
            settings=asked,
            training=training,
            validation=held_out,
            start=start,
            given=given,
            replay=replay,
            is_foundation=self.is_foundation(asked),
        ).fit()

    @override
    def members(
        self,
        files: dict[str, bytes],
        species: list[str],
        settings: FitSettings,
        frames: FrameSet,
    ) -> list[ServedCalculator]:
        """Return the networks, each in a process of its own."""
        found: list[ServedCalculator] = []
        while member_file(self.name, self.suffix, len(found)) in files:
            found.append(self._served(files, species, settings, len(found)))
        return found

    @override
    def fingerprint(self, files: dict[str, bytes]) -> str:
        return sha256_of_files({n: files[n] for n in files if n.endswith(self.suffix)})

    @override
    def unlabelled_error_ev_a(self, settings: FitSettings) -> float:
        return _UNLABELLED_ERROR_EV_A

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        """Return the network as a calculator, in a process of its own."""
        check_files(doc)
        return self._served(doc.files, doc.species, doc.fit_settings(), 0)

    @override
    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        """Write the network into a folder and return LAMMPS's input lines.

        There are none where the settings name no pair style, and for runs with grades: LAMMPS then
        gets its forces and grades from the networks, on one rank.
        """
        driven = super().pair_style(doc, elements, directory, grade)
        settings = doc.fit_settings()
        assert isinstance(settings, NetworkSettings)
        style = self.pair_style_of(settings)
        if grade is not None or not style:
            return driven
        check_files(doc)
        file = member_file(self.name, self.suffix, 0)
        content = deployed(
            find_installed(self.environment),
            {file: self._file(doc.files, 0)},
            {
                **_asked(self.name, file, settings),
                "target": self.target,
                "style": style,
                "species": doc.species,
                "elements": elements,
            },
        )
        (directory / self.target).write_bytes(content)
        return self.lammps(style, elements)

    def _served(
        self, files: Mapping[str, bytes], species: list[str], settings: FitSettings, number: int
    ) -> ServedCalculator:
        asked = require_settings(settings, self.settings_type)
        assert isinstance(asked, NetworkSettings)
        file = member_file(self.name, self.suffix, number)
        options = _asked(self.name, file, asked)
        server = _server(self.environment, file, self._file(files, number), tuple(options.items()))
        return ServedCalculator(server, species)

    def _file(self, files: Mapping[str, bytes], number: int) -> bytes:
        name = member_file(self.name, self.suffix, number)
        if name not in files:
            held = ", ".join(files) or "no file"
            raise InputError(f"the potential of {self.name!r} has no {name}, only {held}")
        return files[name]


def _asked(method: str, file: str, settings: NetworkSettings) -> dict[str, str | float]:
    """Return what the script needs to know of a stored network."""
    told = ("cutoff", "precision", "device", "threads", "seed")
    return {"method": method, "file": file, **{name: getattr(settings, name) for name in told}}


# starting a process takes longer than thousands of its answers
@lru_cache(maxsize=8)
def _server(
    environment: Environment,
    file: str,
    content: bytes,
    options: tuple[tuple[str, str | float], ...],
) -> MethodServer:
    return MethodServer(find_installed(environment), LOOP, {file: content}, dict(options))
