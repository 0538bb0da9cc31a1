"""SevenNet, fine-tuned by the loop of all networks."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from amorph_flows.potentials.base import register
from amorph_flows.potentials.environments.pins import SEVENN, Environment
from amorph_flows.potentials.networks import NetworkBackend
from amorph_flows.schemas.fits import FitSettings, NetworkSettings, SevenNetSettings


@register
class SevenNetBackend(NetworkBackend):
    """SevenNet, fine-tuned from the weights that its wheel carries.

    Its energies of lone atoms are moved, so that it agrees with the labels as well as constants of
    elements can make it.
    """

    name: ClassVar[str] = "sevenn"
    settings_type: ClassVar[type[FitSettings]] = SevenNetSettings
    licence: ClassVar[str] = SEVENN.terms
    environment: ClassVar[Environment] = SEVENN
    suffix: ClassVar[str] = ".pth"

    @override
    def is_foundation(self, settings: NetworkSettings) -> bool:
        return True
