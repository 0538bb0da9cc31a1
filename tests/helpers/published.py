"""Where published data are: what ships with the tests, and what only some machines have."""

from __future__ import annotations

from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]

MGV2O5 = _TESTS / "data" / "mgv2o5"
"""A potential, structures and MD frames of MgV2O5; see the README beside it."""

NAFEPO4 = _TESTS.parents[1] / "shared" / "data" / "nafepo4"
"""Glasses of NaFePO4, whose licence is not known: they are not shipped."""

needs_nafepo4 = pytest.mark.skipif(
    not NAFEPO4.is_dir(), reason=f"the published NaFePO4 glasses are not at {NAFEPO4}"
)
