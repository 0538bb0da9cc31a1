"""One stage alone, with another engine; jobflow itself runs it."""

from pathlib import Path

from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore

from amorph_flows.engines import AseEngine
from amorph_flows.flows import MeltQuenchMaker, SamplingMaker
from amorph_flows.structures import supercell_near, v2o5


def main(folder: Path = Path("melt-quench")) -> None:
    """Melt and quench 56 atoms with the toy potential in a folder and print the verdicts."""
    toy = AseEngine(calculator="toy")
    maker = MeltQuenchMaker(
        engine=toy,
        melt_duration_fs=4000.0,
        quench_duration_fs=8000.0,
        branch_temperatures_k=(900.0,),
        branch=SamplingMaker(engine=toy, duration_fs=500.0),
    )
    flow = maker.make(supercell_near(v2o5(), (11.5, 7.1, 8.8)))
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    responses = run_locally(flow, store=store, root_dir=folder, ensure_success=True)
    quench = responses[flow.output["quench"].uuid][1].output
    print(quench.melted.reason)
    for branch in quench.branches:
        print(f"{branch.temperature_k:g} K: {branch.amorphous.reason}")


if __name__ == "__main__":
    main()
