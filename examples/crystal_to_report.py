"""A whole study in Python, from crystalline V2O5 to the report; it can be resumed."""

from pathlib import Path

from amorph_flows.executors.local import run_study
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.store import open_store
from amorph_flows.structures import v2o5


def main(folder: Path = Path("v2o5-study")) -> None:
    """Run the demonstration study in a folder; to resume it, call this again."""
    maker = AmorphousElectrodeMaker.from_preset("demo")  # its engine is CHGNet
    flow = maker.make(v2o5())
    run_study(flow, open_store(folder), folder)


if __name__ == "__main__":
    main()
