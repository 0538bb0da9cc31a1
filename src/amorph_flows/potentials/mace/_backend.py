"""MACE: trained anew or from a foundation model by the loop of all networks."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from amorph_flows.potentials.base import PairStyle, register
from amorph_flows.potentials.environments.pins import MACE, Environment
from amorph_flows.potentials.learned import require_settings
from amorph_flows.potentials.networks import NetworkBackend, mliap_unified, model_file
from amorph_flows.potentials.requirements import check_mace
from amorph_flows.schemas.fits import FitSettings, MACESettings, NetworkSettings
from amorph_flows.settings import Settings

TARGET = "potential-lammps.pt"


@register
class MACEBackend(NetworkBackend):
    """MACE, new or fine-tuned from a file that the settings name.

    Energies of lone atoms are constants fitted beforehand; a foundation model's are moved, so that
    it agrees with the labels as well as constants of elements can make it.
    """

    name: ClassVar[str] = "mace"
    settings_type: ClassVar[type[FitSettings]] = MACESettings
    licence: ClassVar[str] = MACE.terms
    environment: ClassVar[Environment] = MACE
    suffix: ClassVar[str] = ".model"
    no_committee: ClassVar[str] = (
        "the MACE potential has no committee, so it has no grades; fit it with members of at least "
        "2, or run without (grade_every: 0)"
    )

    @override
    def check(self) -> None:
        check_mace()

    @override
    def given(self, settings: NetworkSettings) -> bytes | None:
        return model_file(require_settings(settings, MACESettings).foundation)

    @override
    def is_foundation(self, settings: NetworkSettings) -> bool:
        return bool(require_settings(settings, MACESettings).foundation)

    @override
    def pair_style_of(self, settings: NetworkSettings) -> str:
        return Settings().mace_pair_style

    @override
    def lammps(self, style: str, elements: list[str]) -> tuple[str, PairStyle]:
        if style.startswith("mliap"):
            return TARGET, mliap_unified(style, TARGET, elements)
        return TARGET, PairStyle(
            commands=[f"pair_style {style}", f"pair_coeff * * {TARGET} {' '.join(elements)}"],
            before_box=["atom_modify map yes", "newton on"],
        )
