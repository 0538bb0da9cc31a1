"""An output above the 16 MB that a MongoDB document may have."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
from fireworks_home import FireworksHome
from jobflow import Flow
from pymongo import MongoClient
from service_jobs import many_frames, random_frames

from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.store import load_document

N_FRAMES, N_ATOMS, BYTES = 4200, 100, 20_000_000


def test_twenty_megabytes_are_written_and_read(any_mongo_uri: str, tmp_path: Path) -> None:
    job = many_frames(N_FRAMES, N_ATOMS)
    with closing(FireworksHome(tmp_path / "home", any_mongo_uri)) as home:
        home.reset()
        home.add(Flow([job]))
        with home.workers(1):
            assert set(home.wait().values()) == {"COMPLETED"}
        with home.store() as store:
            document = load_document(store, job.uuid)
            light = store.query_one({"uuid": job.uuid}, load=False)
    assert isinstance(document, LabelDoc)
    expected = random_frames(N_FRAMES, N_ATOMS)
    assert [frame.content_hash for frame in document.frames] == [
        frame.content_hash for frame in expected
    ]
    last, wanted = document.frames[-1].forces, expected[-1].forces
    assert last is not None
    assert wanted is not None
    assert np.array_equal(last, wanted)
    assert len(str(light)) < 100_000
    with MongoClient(any_mongo_uri) as client:
        files = client.get_default_database()["blobs.files"].find({}, {"length": 1})
        assert sum(file["length"] for file in files) > BYTES
