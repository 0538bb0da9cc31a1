"""The keys that queries filter by, which each job writes into its document's metadata."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any, get_args

from amorph_flows.schemas.base import StageDocument
from amorph_flows.store._verdicts import VerdictSummary, verdicts_in

CURRENT = "metadata.current"
STAGE = "metadata.stage"
STUDY = "metadata.study"
FORMULAS = "metadata.formulas"
IONS = "metadata.ions"
ANSWERS = "metadata.answers"
COMPLETED = "completed_at"
MODULE = "output.@module"
CLASS = "output.@class"

KEY_FIELDS = ("@module", "@class", "formula", "composition", "ion")
"""Fields of an output that `search_keys` needs, next to its verdicts."""


def search_keys(output: StageDocument | Mapping[str, Any], metadata: Mapping[str, Any]) -> Any:
    """Return the keys for the metadata of a document, by which queries find it in an index.

    Parameters
    ----------
    output
        The document, or the `KEY_FIELDS` and verdicts of a stored one.
    metadata
        Metadata of its job.

    Returns
    -------
    dict
        ``current``: whether no later run of its study has replaced the document; ``stage``;
        ``formulas`` of the document and of its study; ``ions`` with and without charge;
        ``verdicts`` in short; their ``answers``, and for all of them together the word that
        `amorph_flows.analysis.verdict.word_for` gives.
    """
    stored = isinstance(output, Mapping)
    fields = output if isinstance(output, Mapping) else vars(output)
    kind = document_class(fields["@module"], fields.get("@class")) if stored else type(output)
    module = fields["@module"] if stored else kind.__module__
    verdicts = verdicts_in(output, kind)
    composition = fields.get("composition") or ()
    parts = [composition] if isinstance(composition, str) else composition
    formulas = {fields.get("formula"), metadata.get("formula"), *parts}
    ions = [ion for ion in (fields.get("ion"), metadata.get("ion")) if ion]
    return {
        "current": bool(metadata.get("current", True)),
        "stage": str(module).rpartition(".")[2],
        "formulas": sorted(formula for formula in formulas if formula),
        "ions": sorted({*ions, *map(_element_of, ions)}),
        "answers": _answers(verdicts),
        "verdicts": verdicts,
    }


def _element_of(ion: str) -> str:
    """Return the element of an ion such as ``"Mg2+"``."""
    return re.sub(r"[0-9]*[+-]?$", "", ion)


def document_class(module: str, name: str | None) -> type[StageDocument]:
    """Return the class of a stored document; the base of all where it is no longer known.

    Parameters
    ----------
    module, name
        ``@module`` and ``@class`` of its output, the class None where it has none.
    """
    try:
        kind = getattr(importlib.import_module(module), name or "", StageDocument)
    except ImportError:
        return StageDocument
    return kind if isinstance(kind, type) and issubclass(kind, StageDocument) else StageDocument


def _answers(verdicts: list[VerdictSummary]) -> list[str]:
    if not verdicts:
        return []
    from amorph_flows.analysis.verdict import ResultWord, word_for  # with all of analysis

    together = {*get_args(ResultWord)} - {"refused"}
    answers = {verdict["answer"] for verdict in verdicts} - together
    failed = {verdict["scope"] for verdict in verdicts if not verdict["passed"]}
    return [*sorted(answers), word_for(failed)]
