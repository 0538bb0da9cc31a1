"""NequIP and Allegro: trained by one loop for all networks, graded by a committee."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from amorph_flows.errors import InputError
from amorph_flows.potentials.base import PairStyle, register
from amorph_flows.potentials.environments.pins import NEQUIP, Environment
from amorph_flows.potentials.learned import require_settings
from amorph_flows.potentials.networks import NetworkBackend
from amorph_flows.potentials.requirements import check_nequip
from amorph_flows.schemas.fits import FitSettings, NequIPSettings, NetworkSettings
from amorph_flows.settings import Settings

TARGET = "potential.nequip.pt2"


@register
class NequIPBackend(NetworkBackend):
    """NequIP, or Allegro where ``network`` says so.

    Energies of lone atoms are constants fitted beforehand; they are in the potential's file.
    """

    name: ClassVar[str] = "nequip"
    settings_type: ClassVar[type[FitSettings]] = NequIPSettings
    licence: ClassVar[str] = NEQUIP.terms
    environment: ClassVar[Environment] = NEQUIP
    suffix: ClassVar[str] = ".ckpt"
    no_committee: ClassVar[str] = (
        "the NequIP potential has no committee, so it has no grades; fit it with members of at "
        "least 2, or run without (grade_every: 0)"
    )

    @override
    def check(self) -> None:
        check_nequip()

    @override
    def pair_style_of(self, settings: NetworkSettings) -> str:
        style = Settings().nequip_pair_style
        network = require_settings(settings, NequIPSettings).network
        if style and style.split("/")[0].split()[0] != network:
            raise InputError(
                f"AMORPH_NEQUIP_PAIR_STYLE is {style!r}, but the potential is one of {network}; "
                "unset it to run through fix external, or name a LAMMPS that has the other"
            )
        return style

    @override
    def lammps(self, style: str, elements: list[str]) -> tuple[str, PairStyle]:
        newton = "newton on" if style.startswith("allegro") else "newton off"
        return TARGET, PairStyle(
            commands=[f"pair_style {style}", f"pair_coeff * * {TARGET} {' '.join(elements)}"],
            before_box=[newton],
        )
