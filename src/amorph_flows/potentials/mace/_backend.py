"""MACE: trained anew or from a foundation model by the loop of all networks."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from amorph_flows.potentials.base import register
from amorph_flows.potentials.environments.pins import MACE, Environment
from amorph_flows.potentials.learned import require_settings
from amorph_flows.potentials.networks import NetworkBackend, model_file
from amorph_flows.schemas.fits import FitSettings, MACESettings, NetworkSettings


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

    @override
    def given(self, settings: NetworkSettings) -> bytes | None:
        return model_file(require_settings(settings, MACESettings).foundation)

    @override
    def is_foundation(self, settings: NetworkSettings) -> bool:
        return bool(require_settings(settings, MACESettings).foundation)

    @override
    def before_box(self, style: str) -> list[str]:
        return ["atom_modify map yes", "newton on"]
