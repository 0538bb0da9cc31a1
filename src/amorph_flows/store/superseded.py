"""Documents that a later run of their study has replaced."""

from __future__ import annotations

from collections.abc import Collection

from jobflow import JobStore

from amorph_flows.store._metadata import change
from amorph_flows.store.indexes import ensure_indexes
from amorph_flows.store.keys import CURRENT, STUDY

_MANY = 1000


def supersede(store: JobStore, study: str, home: str, current: Collection[str]) -> int:
    """Mark which documents of a study its newest run stands on; return how many were replaced.

    Queries leave out the others (``metadata.current`` is false) until a later run stands on
    them again. Nothing is deleted.

    Parameters
    ----------
    store
        A connected job store.
    study
        Name of the study.
    home
        Where the study is (``metadata.home``): studies of other people may have the same name.
    current
        uuids of all jobs of the newest run.
    """
    ensure_indexes(store)
    mine = {STUDY: study, "metadata.home": home}
    held = list(
        store.query({STUDY: study, CURRENT: {"$in": [True, False]}}, ["metadata"], load=False)
    )
    held = [found for found in held if found["metadata"].get("home") == home]
    wanted = set(current)
    former = [d["uuid"] for d in held if d["metadata"]["current"] and d["uuid"] not in wanted]
    again = [d["uuid"] for d in held if not d["metadata"]["current"] and d["uuid"] in wanted]
    for uuids, is_current in ((former, False), (again, True)):
        for start in range(0, len(uuids), _MANY):
            some = {"uuid": {"$in": uuids[start : start + _MANY]}}
            change(store, mine | some, {"current": is_current})
    return len(set(former))
