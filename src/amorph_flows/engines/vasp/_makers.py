"""atomate2 Makers with handlers that fit disordered oxides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from atomate2.vasp.jobs.core import RelaxMaker, StaticMaker
from atomate2.vasp.jobs.md import MDMaker
from custodian.custodian import ErrorHandler

from amorph_flows.engines.vasp._handlers import md_handlers, relax_handlers, static_handlers
from amorph_flows.engines.vasp._sets import AmorphousSetGenerator


def all_makers(generator: AmorphousSetGenerator) -> dict[str, Any]:
    """Return the three Makers of an engine, by the name of its field.

    Parameters
    ----------
    generator
        Of all their inputs; each Maker gets a copy.
    """
    return {
        "static_maker": static_maker(replace(generator)),
        "md_maker": md_maker(replace(generator)),
        "relax_maker": relax_maker(replace(generator)),
    }


def static_maker(generator: AmorphousSetGenerator) -> StaticMaker:
    """Return the Maker of single points.

    Parameters
    ----------
    generator
        Its inputs.
    """
    return StaticMaker(input_set_generator=generator, run_vasp_kwargs=_run(static_handlers()))


def md_maker(generator: AmorphousSetGenerator) -> MDMaker:
    """Return the Maker of MD.

    Parameters
    ----------
    generator
        Its inputs; the tags of MD are added by the engine.
    """
    return MDMaker(
        input_set_generator=generator,
        run_vasp_kwargs=_run(md_handlers()),
        task_document_kwargs={"store_trajectory": "partial"},  # plain text, not atomate2's enum
    )


def relax_maker(generator: AmorphousSetGenerator) -> RelaxMaker:
    """Return the Maker of relaxations.

    Parameters
    ----------
    generator
        Its inputs; whether the cell relaxes is added by the engine.
    """
    return RelaxMaker(input_set_generator=generator, run_vasp_kwargs=_run(relax_handlers()))


def _run(handlers: list[ErrorHandler]) -> dict[str, Any]:
    """Return how VASP is run: custodian looks for its end every 2 s and for errors every 30 s."""
    custodian = {"polling_time_step": 2, "monitor_freq": 15}
    return {"handlers": handlers, "custodian_kwargs": custodian}
