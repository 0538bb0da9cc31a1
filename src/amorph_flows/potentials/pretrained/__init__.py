"""Foundation models that are used as they are, by the ASE calculators that they come with."""

from __future__ import annotations

from amorph_flows.potentials.pretrained._document import pretrained_potential

__all__ = ["pretrained_potential"]
