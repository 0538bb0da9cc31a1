"""The active set of a potential and its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

HEADER = "active set 1"
MODE = "mode neighbourhood"  # as MLIP-2 calls grades of single atoms


@dataclass(frozen=True)
class ActiveSet:
    """What is needed to grade environments.

    Parameters
    ----------
    parameters
        All coefficients of the potential that it belongs to.
    projection
        Shape ``(n_rows, n_parameters)``; the grade of a gradient g is the largest
        ``|projection g|``.
    selected
        ``(frame, atom)`` of each row; -1 where there is none.
    """

    parameters: FloatArray
    projection: FloatArray
    selected: npt.NDArray[np.int64]

    @property
    def rank(self) -> int:
        """Number of directions that the training frames reach."""
        return int(np.sum(self.selected[:, 0] >= 0))

    def grade(self, gradients: FloatArray) -> FloatArray:
        """Give the grade of each energy gradient.

        Parameters
        ----------
        gradients
            Shape ``(n, n_parameters)``.

        Returns
        -------
        ndarray
            Shape ``(n,)``.
        """
        grade: FloatArray = np.abs(gradients @ self.projection.T).max(axis=1)
        return grade

    def check(self, own: FloatArray) -> None:
        """Refuse another potential.

        Parameters
        ----------
        own
            All coefficients of the potential that is to be graded.

        Raises
        ------
        InputError
            If they are not those that the active set was made with.
        """
        if len(own) != len(self.parameters) or not np.allclose(
            own, self.parameters, rtol=1e-9, atol=1e-12
        ):
            raise InputError(
                "the active set belongs to another potential; fit the potential again, or make its "
                "active set from its training frames"
            )

    def text(self) -> str:
        """Give the contents of the file."""
        lines = [HEADER, MODE, f"parameters {len(self.parameters)}"]
        lines += [_numbers(self.parameters), f"rank {len(self.projection)}"]
        lines += [_numbers(row) for row in self.projection]
        lines += ["selected", *(f"{frame} {atom}" for frame, atom in self.selected)]
        return "\n".join([*lines, "end"]) + "\n"

    def write(self, path: str | Path) -> Path:
        """Write the file that ``pair_style mtp/extrapolation`` and `ActiveSet.read` take.

        Parameters
        ----------
        path
            Where to write.

        Returns
        -------
        Path
            The same path.
        """
        path = Path(path)
        path.write_text(self.text(), encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: str | Path) -> ActiveSet:
        """Read what `write` wrote.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        ActiveSet
            Equal to the one written, bit for bit.

        Raises
        ------
        InputError
            If the file is absent, truncated or something else; the message names it.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read as an active set ({error})") from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, source: str = "active set") -> ActiveSet:
        """Read the contents of a file.

        Parameters
        ----------
        text
            The contents.
        source
            What to call it in errors.

        Returns
        -------
        ActiveSet
            The active set.

        Raises
        ------
        InputError
            If the text is truncated or something else.
        """
        lines = text.splitlines()
        if not lines or lines[0] != HEADER:
            raise InputError(f"{source}, line 1: is not {HEADER!r}; is this an active set?")
        if len(lines) < 2 or lines[1] != MODE:
            raise InputError(
                f"{source}, line 2: is not {MODE!r}; only grades of atoms are supported"
            )
        try:
            count, rank = int(lines[2].split()[1]), int(lines[4].split()[1])
            parameters = np.array(lines[3].split(), dtype=float)
            projection = np.array([row.split() for row in lines[5 : 5 + rank]], dtype=float)
            pairs = [line.split() for line in lines[6 + rank : 6 + 2 * rank]]
            selected = np.array(pairs, dtype=np.int64).reshape(rank, 2)
            complete = lines[6 + 2 * rank] == "end" and projection.shape == (rank, count)
        except (IndexError, ValueError) as error:
            raise InputError(f"{source}: the active set is truncated or damaged") from error
        if not complete or len(parameters) != count:
            raise InputError(f"{source}: the active set is truncated or damaged")
        return cls(parameters, projection, selected)


def _numbers(values: FloatArray) -> str:
    return " ".join(f"{value:.16e}" for value in values)
