"""Outputs with their bulk data, which jobflow writes after the document itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from jobflow import JobStore

    from amorph_flows.store.embedded import EmbeddedStore

WRITING_S = 30.0
"""How long a document may be without its bulk data while its job writes, s."""


def output_with_bulk(store: JobStore | EmbeddedStore, uuid: str) -> Any:
    """Return the output of a job; wait for bulk data that its job is still writing.

    Parameters
    ----------
    store
        A connected job store.
    uuid
        The job.

    Raises
    ------
    InputError
        If the bulk data does not come.
    """
    end = time.monotonic() + WRITING_S
    while True:
        try:
            return store.get_output(uuid, load=True)
        except KeyError as error:  # jobflow looks a blob up that is not there
            if time.monotonic() > end:
                raise InputError(
                    f"the bulk data of document {uuid} is not in the store: its job was killed "
                    "while writing, or is still writing; try again later, or see `amorph rescue`"
                ) from error
        time.sleep(0.2)
