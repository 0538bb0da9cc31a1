"""SevenNet, fine-tuned by the loop of all networks."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from amorph_flows.potentials.base import PairStyle, register
from amorph_flows.potentials.environments.pins import SEVENN, Environment
from amorph_flows.potentials.networks import NetworkBackend, mliap_unified
from amorph_flows.potentials.requirements import check_sevenn
from amorph_flows.schemas.fits import FitSettings, NetworkSettings, SevenNetSettings
from amorph_flows.settings import Settings

TARGET = "potential-lammps.pt"


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
    no_committee: ClassVar[str] = (
        "the SevenNet potential has no committee, so it has no grades; fit it with members of at "
        "least 2, or run without (grade_every: 0)"
    )

    @override
    def check(self) -> None:
        check_sevenn()

    @override
    def is_foundation(self, settings: NetworkSettings) -> bool:
        return True

    @override
    def pair_style_of(self, settings: NetworkSettings) -> str:
        return Settings().sevenn_pair_style

    @override
    def lammps(self, style: str, elements: list[str]) -> tuple[str, PairStyle]:
        if style.startswith("mliap"):
            return TARGET, mliap_unified(style, TARGET, elements)
        return TARGET, PairStyle(
            commands=[f"pair_style {style}", f"pair_coeff * * {TARGET} {' '.join(elements)}"],
            before_box=["newton on"],
        )
