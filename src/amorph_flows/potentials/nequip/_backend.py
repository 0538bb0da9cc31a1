"""NequIP and Allegro: trained by one loop for all networks, graded by a committee."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from amorph_flows.errors import InputError
from amorph_flows.potentials.base import register
from amorph_flows.potentials.environments.pins import NEQUIP, Environment
from amorph_flows.potentials.learned import require_settings
from amorph_flows.potentials.networks import NetworkBackend
from amorph_flows.schemas.fits import FitSettings, NequIPSettings, NetworkSettings


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
    target: ClassVar[str] = "potential.nequip.pt2"

    @override
    def pair_style_of(self, settings: NetworkSettings) -> str:
        style = super().pair_style_of(settings)
        network = require_settings(settings, NequIPSettings).network
        if style and style.split("/")[0].split()[0] != network:
            raise InputError(
                f"AMORPH_NEQUIP_PAIR_STYLE is {style!r}, but the potential is one of {network}; "
                "unset it to run through fix external, or name a LAMMPS that has the other"
            )
        return style

    @override
    def before_box(self, style: str) -> list[str]:
        return ["newton on" if style.startswith("allegro") else "newton off"]
