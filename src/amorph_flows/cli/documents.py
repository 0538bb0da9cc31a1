"""Commands that list the documents of a store and write them as files: query, export."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amorph_flows.cli.find import DEMO_FOLDER
from amorph_flows.cli.group import app
from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from jobflow import JobStore

    from amorph_flows.store import DocumentSummary
    from amorph_flows.store.embedded import EmbeddedStore


@app.command()
def query(
    uuid: Annotated[
        str | None,
        typer.Argument(help="Show only this document; give its uuid or the beginning of it."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            "-s",
            help="Folder of a study, file that describes a store, or mongodb://… address; default: "
            "the configured store, else the study here or in amorph-demo.",
        ),
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="Stage, such as potential or transport.")
    ] = None,
    formula: Annotated[
        str | None, typer.Option(help="Formula of the crystal or of the document, such as V2O5.")
    ] = None,
    ion: Annotated[str | None, typer.Option(help="Ion, such as Mg2+ or Mg.")] = None,
    study: Annotated[str | None, typer.Option(help="Name of the study.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Documents completed from this date on, such as 2025-06-30.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Documents completed before this date.")] = None,
    verdict: Annotated[
        str | None,
        typer.Option(
            help="Answer of a verdict, or 'believed', 'converged' or 'not converged' for all."
        ),
    ] = None,
    superseded: Annotated[
        bool, typer.Option(help="Also documents that a later run of the study has replaced.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Maximum number of documents; 0: all.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """List the documents of a store, newest first, or show one.

    Examples
    --------
    ```
    amorph query
    amorph query --stage production_md --verdict "not converged"
    amorph query --store mongodb://host/database --ion Mg --since 2025-06-30 --json
    amorph query 3f2a91c0
    ```
    """
    from amorph_flows.store import find_documents

    with closing(_store_meant(store)) as opened:
        if uuid is not None:
            typer.echo(_shown(opened, uuid, whole=as_json))
            return
        found = list(
            find_documents(
                *(opened, stage, formula, ion, study, since, until, verdict),
                superseded=superseded,
                limit=limit,
            )
        )
    if as_json:
        typer.echo(json.dumps(found, indent=1))
    else:
        for line in _listed(found):
            typer.echo(line)


@app.command()
def export(
    uuid: Annotated[str, typer.Argument(help="uuid of the document, or the beginning of it.")],
    target: Annotated[
        Path,
        typer.Argument(
            help="Dataset or labels: a .extxyz or .cfg file. Trajectory: a .extxyz file. "
            "Potential: a .mtp file, or a folder for LAMMPS."
        ),
    ],
    store: Annotated[
        str | None, typer.Option("--store", "-s", help="The store, as for `amorph query`.")
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(help="Part of a dataset: training, validation, test_random or test_blocks."),
    ] = None,
) -> None:
    """Write a document of a store as files for other programs.

    Examples
    --------
    ```
    amorph export 3f2a91c0 training.cfg --part training
    amorph export 8d11e5b7 v2o5-potential
    ```
    """
    from amorph_flows.export import export_document

    with closing(_store_meant(store)) as opened:
        for path in export_document(opened, uuid, target, part):
            typer.echo(path)


def _store_meant(where: str | None) -> JobStore | EmbeddedStore:
    """Return the named store, else the configured one, else that of the study in this folder."""
    from amorph_flows.store.opening import configured_store, store_to_read, study_store_to_read

    if where is not None:
        return store_to_read(where)
    here = [folder for folder in (Path(), DEMO_FOLDER) if (folder / "store").is_dir()]
    if not here and configured_store() is None:
        raise InputError(
            "no job store is configured and there is no study in this folder; name one with --store"
        )
    return study_store_to_read(here[0] if here else Path())


def _listed(found: list[DocumentSummary]) -> list[str]:
    """Return a table of documents as aligned lines."""
    rows = [("uuid", "stage", "name", "formula", "completed", "verdicts")]
    for document in found:
        superseded = "superseded; " if document["superseded"] else ""
        verdicts = superseded + "; ".join(
            f"{v['question']} {v['answer']}" + ("" if v["passed"] else " (not passed)")
            for v in document["verdicts"]
        )
        rows.append(
            (
                document["uuid"],
                document["stage"],
                document["name"],
                document["formula"],
                document["completed_at"][:19],
                verdicts,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)] + [0]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _shown(store: JobStore | EmbeddedStore, uuid: str, *, whole: bool) -> str:
    """Return one document as JSON; without its bulk data unless the whole is wanted."""
    from amorph_flows.store.bulk import output_with_bulk
    from amorph_flows.store.query import full_uuid

    full = full_uuid(store, uuid)
    content = output_with_bulk(store, full) if whole else store.get_output(full)
    return json.dumps(content, indent=1, default=str)
