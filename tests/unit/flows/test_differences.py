"""What differs from the published protocol: every field of every Maker is compared or harmless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from pydantic import BaseModel

from amorph_flows.engines import AseEngine, Engine
from amorph_flows.engines.vasp import VaspEngine
from amorph_flows.flows import AmorphousElectrodeMaker, FitPotentialMaker
from amorph_flows.flows.completed import completed
from amorph_flows.flows.differences import differences, setting_for, settings_of
from amorph_flows.references import published_protocol
from amorph_flows.schemas.fits import SnapSettings
from amorph_flows.schemas.study import Difference, StudyDoc

PRESET = AmorphousElectrodeMaker.from_preset("choyal2025")
EVERYTHING = replace(
    PRESET,
    find_glass_transition=True,
    production=replace(PRESET.production, glass="quenched", ensemble="npt"),
    sampling=replace(PRESET.sampling, ensemble="npt"),
    mtp_sampling=replace(PRESET.mtp_sampling, ensemble="npt"),
    melt_sampling=replace(PRESET.melt_sampling, ensemble="npt"),
    melt_quench=replace(
        PRESET.melt_quench,
        ensemble="npt",
        branch=replace(PRESET.melt_quench.branch, ensemble="npt"),
    ),
)
STUDIES = {
    "all of it": EVERYTHING,
    "defaults": AmorphousElectrodeMaker(),
    "SNAP": replace(PRESET, fit=FitPotentialMaker(settings=SnapSettings(backend="snap"))),
}
OTHER = "something else"
OPEN = {
    "",
    "fit.alternatives",
    "active_learning.max_turns",
    "transport.drift",  # the published one is an error
    "engine_transport.transport.drift",
}
"""Fields in which the published preset still differs from the paper."""


def leaves(maker: Any, prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of the fields of Makers; the engines of stages are the study's."""
    held = (
        [f.name for f in fields(maker)] if is_dataclass(maker) else list(type(maker).model_fields)
    )
    for name in held:
        value = getattr(maker, name)
        if isinstance(value, Engine) and prefix:
            continue
        yield f"{prefix}{name}"
        opened = not isinstance(value, VaspEngine)  # its Makers are atomate2's, told by tags
        if (is_dataclass(value) or isinstance(value, BaseModel)) and opened:
            yield from leaves(value, f"{prefix}{name}.")


def by_what(found: list[Difference]) -> dict[str, Difference]:
    return {one.what: one for one in found}


@pytest.mark.parametrize("study", STUDIES)
def test_every_field_is_compared_or_harmless_and_a_change_of_it_is_told(study: str) -> None:
    protocol = published_protocol()
    maker = completed(STUDIES[study])
    settings = settings_of(maker)
    assert {*leaves(maker)} <= set(settings)
    for name in settings:
        if any(one.fits(name) for one in protocol.harmless):
            continue
        known = setting_for(protocol, name)
        assert known in protocol.settings, f"{name} is neither compared nor named as harmless"
        found = differences(protocol, {**known.when, name: OTHER})
        assert OTHER in [one.here for one in found if one.field == name], name


def test_harmless_fields_say_why_and_are_fields() -> None:
    names = [name for maker in STUDIES.values() for name in settings_of(completed(maker))]
    for one in published_protocol().harmless:
        assert one.why
        for pattern in one.fields:
            assert any(one.model_copy(update={"fields": [pattern]}).fits(n) for n in names), pattern


def test_each_statement_is_of_a_field_and_has_its_place() -> None:
    names = [name for maker in STUDIES.values() for name in settings_of(completed(maker))]
    for one in published_protocol().settings:
        assert any(map(one.fits, names)), one.field
        assert bool(one.where) == one.is_stated, one.field


def test_the_preset_differs_where_it_must_alone() -> None:
    found = {one.field for one in PRESET.differences_from_paper() if one.stated}
    assert found <= OPEN
    changed = replace(PRESET, engine=VaspEngine.scan_u(user_incar_settings={"ENCUT": 400}))
    assert by_what(changed.differences_from_paper())["VASP: ENCUT"].here == 400
    other_u = replace(PRESET, engine=VaspEngine.scan_u({"V": 3.0}))
    assert by_what(other_u.differences_from_paper())["VASP: LDAUU"].paper == {"V": 1.0}


def test_what_differs_by_hand() -> None:
    quench = replace(PRESET.melt_quench, quench_duration_fs=8000.0, hold_temperatures_k=(500, 1500))
    found = by_what(AmorphousElectrodeMaker(melt_quench=quench).differences_from_paper())
    assert (found["quench"].paper, found["quench"].here, found["quench"].unit) == (16, 8, "ps")
    assert found["quench"].factor == 2
    assert found["quench"].where.startswith("section 2.2")
    assert found["engine"].here == "CHGNet"
    assert found["share of validation frames"].here == 0.1
    assert found["largest force in a frame"].paper == "no limit"
    assert "temperature of the melt" not in found
    assert not found["program of the fit"].stated


def test_the_order_of_temperatures_is_no_difference() -> None:
    turned = replace(PRESET, production_temperatures_k=PRESET.production_temperatures_k[::-1])
    assert turned.differences_from_paper() == PRESET.differences_from_paper()


def test_an_engine_with_a_name_still_tells_its_calculator() -> None:
    named = replace(PRESET, engine=AseEngine(calculator="toy", name="VASP"))
    assert by_what(named.differences_from_paper())["engine"].here == "VASP (toy)"


def test_documents_with_shortenings_are_read() -> None:
    stored = {"title": "t", "preset": "demo", "ion": "Mg2+", "results": []}
    old = {**stored, "shortenings": [{"what": "a"}], "report_html": "h", "report_json": "j"}
    assert StudyDoc.model_validate(old).differences_from_paper == []
