"""Finished labels, written to disk one by one, so that no rerun computes them again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from amorph_flows.datasets.frames import Frame
from amorph_flows.datasets.io import append_extxyz, iter_whole_extxyz
from amorph_flows.errors import InputError
from amorph_flows.schemas.labelling import QuarantinedCalculation

LABELS_FILE = "labels.extxyz"
FAILED_FILE = "failed-{settings_hash}.jsonl"


class FinishedLabels:
    """The labels of a batch that are finished, in a folder.

    Labels are told apart by the content hash of the configuration and the settings hash of the
    engine: those of another engine in the same file are left alone. Only the end of the files is
    written to; a last entry that a kill cut off is dropped.

    Parameters
    ----------
    folder
        Where the files are.
    settings_hash
        Of the engine that labels.
    keep_failures
        Whether calculations that failed before are known as such; otherwise they are forgotten,
        and may be tried again.

    Examples
    --------
    >>> finished = FinishedLabels(Path.cwd(), engine.info().settings_hash, keep_failures=False)
    >>> if (labelled := finished.find(frame)) is None:
    ...     labelled = compute(frame)
    ...     finished.add(labelled)
    """

    def __init__(self, folder: Path, settings_hash: str, *, keep_failures: bool) -> None:
        self._settings_hash = settings_hash
        self._file = folder / LABELS_FILE
        self._failed_file = folder / FAILED_FILE.format(settings_hash=settings_hash)
        self._labelled: dict[str, Frame] = {}
        self._failed: dict[str, QuarantinedCalculation] = {}
        self._read_labels()
        if keep_failures:
            self._read_failures()
        else:
            self._failed_file.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._labelled) + len(self._failed)

    def find(self, frame: Frame) -> Frame | None:
        """Return a frame with its finished label, or None if it has none.

        Parameters
        ----------
        frame
            The configuration; its provenance is kept.
        """
        held = self._labelled.get(frame.content_hash)
        if held is None:
            return None
        source = held.provenance
        return replace(
            frame, energy_ev=held.energy_ev, forces=held.forces, stress=held.stress
        ).with_provenance(
            engine=source.engine,
            settings_hash=source.settings_hash,
            job_uuid=source.job_uuid,
        )

    def find_failure(self, frame: Frame, index: int) -> QuarantinedCalculation | None:
        """Return why a frame failed before, or None if it did not.

        Parameters
        ----------
        frame
            The configuration.
        index
            Its index in the batch.
        """
        held = self._failed.get(frame.content_hash)
        return None if held is None else held.model_copy(update={"index": index})

    def add(self, frame: Frame) -> None:
        """Write a finished label, and wait until it is on the disk.

        Parameters
        ----------
        frame
            A frame labelled by the engine of these settings.

        Raises
        ------
        InputError
            If the frame has no label or one of other settings.
        """
        if not frame.is_labelled or frame.provenance.settings_hash != self._settings_hash:
            raise InputError(
                f"a frame of {frame.formula} is not labelled with the settings "
                f"{self._settings_hash!r} but {frame.provenance.settings_hash!r}"
            )
        append_extxyz(self._file, frame)
        self._labelled[frame.content_hash] = frame

    def add_failure(self, failure: QuarantinedCalculation) -> None:
        """Keep why a calculation failed, so that it is not tried again.

        Parameters
        ----------
        failure
            With the content hash of the configuration; without one nothing is kept.
        """
        if not failure.content_hash:
            return
        with self._failed_file.open("a", encoding="utf-8") as file:
            file.write(failure.model_dump_json() + "\n")
        self._failed[failure.content_hash] = failure

    def _read_labels(self) -> None:
        if not self._file.exists():
            return
        end = 0
        for frame, after in iter_whole_extxyz(self._file):
            end = after
            if frame.is_labelled and frame.provenance.settings_hash == self._settings_hash:
                self._labelled[frame.content_hash] = frame
        if end < self._file.stat().st_size:
            with self._file.open("r+b") as file:
                file.truncate(end)

    def _read_failures(self) -> None:
        if not self._failed_file.exists():
            return
        text = self._failed_file.read_text(encoding="utf-8")
        for line in text.splitlines():
            with suppress(ValidationError):
                failure = QuarantinedCalculation.model_validate_json(line)
                self._failed[failure.content_hash] = failure
        if not text.endswith("\n"):
            with self._failed_file.open("a", encoding="utf-8") as file:
                file.write("\n")
