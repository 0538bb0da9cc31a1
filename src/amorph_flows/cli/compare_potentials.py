"""The command that compares methods of potentials: compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amorph_flows.cli.group import app
from amorph_flows.cli.studies import Jobs, Retry, run_pages


@app.command("compare")
def compare_potentials(
    study: Annotated[
        Path,
        typer.Argument(metavar="STUDY.yaml", help="The study file, with a section 'compare'."),
    ],
    jobs: Jobs = None,
    retry: Retry = False,
) -> None:
    """Fit methods of potentials to the same frames and say which one to take, or go on with it.

    The study file is YAML with these keys; paths are relative to it.

    - `compare`: what is compared; needed, with these keys of its own:
      `dataset`, the labelled frames (an extended XYZ file, or the folder of a study); `methods`,
      settings of fits with their `backend`, each with `try`, a list of changes that are tried, if
      wanted; `sizes` of the training sets; `splits`, the shares `random`, `blocks` and
      `validation`; `labels`, the engine of the labels where frames do not name it; `seed`;
      `preset`, such as `choyal2024`
    - `structure`: a crystal or glass that each potential relaxes and moves in LAMMPS
    - `engine`: that of the labels, for what the potentials are compared with
    - `folder`, `workers`: as in other study files

    Ctrl-C or SIGTERM stops; the same command goes on, and no finished fit is repeated. The page
    comparison.html and its numbers, comparison.json, are written into the folder. `amorph
    submit` gives it to the workers of a cluster.

    Examples
    --------
    ```
    amorph compare potentials.yaml
    amorph compare potentials.yaml --jobs 4
    ```

    A study file:

    ```
    structure: V2O5.cif
    engine: CHGNet
    compare:
      dataset: frames.extxyz
      sizes: [100, 300]
      methods:
        - {backend: mtp, cutoff: 5.0, try: [{level: 12}, {level: 16}]}
        - {backend: snap, cutoff: 5.0}
    ```
    """
    from amorph_flows.study.comparison_file import load_comparison

    run_pages(load_comparison(study), f"amorph compare {study}", jobs, retry)
