"""Read every document of a database as soon as it is there, until a file appears: URI STOP LOG.

A line of the log says how many documents were found and of which stage each new one is.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from amorph_flows.store import find_documents, load_document, open_store


def main() -> None:
    """Read."""
    uri, stop, log = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    store, read = open_store(uri), set[str]()
    while True:
        last = stop.exists()
        found = {summary["uuid"]: summary["document"] for summary in find_documents(store)}
        new = [uuid for uuid in found if uuid not in read]
        for uuid in new:
            assert type(load_document(store, uuid)).__name__ == found[uuid]
        read.update(new)
        if new:
            with log.open("a") as file:
                file.write(json.dumps({"found": len(found), "new": [found[u] for u in new]}) + "\n")
        if last:
            return
        time.sleep(0.5)


if __name__ == "__main__":
    main()
