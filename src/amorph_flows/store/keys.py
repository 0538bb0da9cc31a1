"""What queries filter by: a few keys that each job writes into its document's metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from amorph_flows.schemas.base import BLOB_KEYS, StageDocument

CURRENT = "metadata.current"
STAGE = "metadata.stage"
STUDY = "metadata.study"
FORMULAS = "metadata.formulas"
IONS = "metadata.ions"
ANSWERS = "metadata.answers"
COMPLETED = "completed_at"
MODULE = "output.@module"

VERDICT_FIELDS = (
    *("verdict", "verdicts", "melted", "transition", "isotropic"),
    *("branches.amorphous", "points.verdicts", "results.verdict"),
)
"""Where documents keep their verdicts."""

KEY_FIELDS = ("@module", "formula", "composition", "ion", *VERDICT_FIELDS)
"""Fields of an output that `search_keys` needs."""

_HOLDERS = tuple(dict.fromkeys(field.partition(".")[0] for field in VERDICT_FIELDS))
_VERDICT_KEYS = {"question", "answer", "believable", "reason"}


def search_keys(output: StageDocument | Mapping[str, Any], metadata: Mapping[str, Any]) -> Any:
    """Return what is added to the metadata of a document so that queries find it by an index.

    Parameters
    ----------
    output
        The document, or the `KEY_FIELDS` of a stored one.
    metadata
        Metadata of its job.

    Returns
    -------
    dict
        ``current``: whether no later run of its study has replaced the document; ``stage``;
        ``formulas`` of the document and of its study; ``ions`` with and without charge;
        ``answers`` of the verdicts, and ``"believed"`` or ``"doubted"`` for all of them together.
    """
    stored = isinstance(output, Mapping)
    fields = output if isinstance(output, Mapping) else vars(output)
    module = fields["@module"] if stored else type(output).__module__
    formulas = {fields.get("formula"), metadata.get("formula"), *(fields.get("composition") or ())}
    ions = [ion for ion in (fields.get("ion"), metadata.get("ion")) if ion]
    return {
        "current": bool(metadata.get("current", True)),
        "stage": str(module).rpartition(".")[2],
        "formulas": sorted(formula for formula in formulas if formula),
        "ions": sorted({*ions, *map(element_of, ions)}),
        "answers": _answers(list(verdicts_in({name: fields.get(name) for name in _HOLDERS}))),
    }


def element_of(ion: str) -> str:
    """Return the element of an ion such as ``"Mg2+"``."""
    return re.sub(r"[0-9]*[+-]?$", "", ion)


def verdicts_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every verdict inside a document, those of other documents inside it left out.

    Parameters
    ----------
    value
        Fields of a document, or a part of it.
    """
    if isinstance(value, BaseModel):
        value = {} if isinstance(value, StageDocument) else vars(value)
    if isinstance(value, Mapping):
        found = _verdict(value)
        if found is not None:
            yield found
            return
        for name, inner in value.items():
            if name not in BLOB_KEYS:
                yield from verdicts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from verdicts_in(inner)


def _verdict(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a verdict, or the verdict on a line of results, if this is one."""
    if value.keys() >= _VERDICT_KEYS:
        return {key: value[key] for key in sorted(_VERDICT_KEYS)}
    answer = value.get("verdict")
    if isinstance(answer, str):
        return {
            "question": str(value.get("quantity", "result")),
            "answer": answer,
            "believable": answer == "believed",
            "reason": str(value.get("reason", "")),
        }
    return None


def _answers(verdicts: list[dict[str, Any]]) -> list[str]:
    if not verdicts:
        return []
    answers = {str(verdict["answer"]) for verdict in verdicts} - {"believed", "doubted"}
    believed = all(verdict["believable"] for verdict in verdicts)
    return [*sorted(answers), "believed" if believed else "doubted"]
