"""Fields of an ``.mtp`` text; an error names the file and the line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

import numpy as np

from amorph_flows.arrays import FloatArray, Int32Array
from amorph_flows.errors import InputError


def text_of(path: str | Path, kind: str) -> str:
    """Return the text of a file.

    Parameters
    ----------
    path
        The file.
    kind
        What it should be, such as ``"an .mtp file"``.

    Raises
    ------
    InputError
        If it is absent or not text.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as {kind} ({error})") from error


class MTPText:
    """The ``key = value`` lines of an ``.mtp`` text and its block of radial coefficients.

    Parameters
    ----------
    text
        The contents of the file.
    source
        Name of the file, for errors.

    Raises
    ------
    InputError
        If the text does not start as an ``.mtp`` file or has another radial basis.
    """

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.lines = text.splitlines()
        self.values: dict[str, tuple[str, int]] = {}
        self.radial_line = 0
        if not self.lines or self.lines[0].strip() != "MTP":
            self.fail("does not start with the line 'MTP'; is this an MLIP-2 .mtp file?", line=1)
        for number, line in enumerate(self.lines, start=1):
            key, equals, value = line.partition("=")
            if equals:
                self.values[key.strip()] = (value.strip(), number)
            elif key.strip() == "radial_coeffs":
                self.radial_line = number
        if "magnetic_basis_type" in self.values:
            self.fail("is a magnetic potential, which is not supported", "magnetic_basis_type")
        if (basis := self.text("radial_basis_type")) != "RBChebyshev":
            self.fail(
                f"has the radial basis {basis!r}; only RBChebyshev is supported",
                "radial_basis_type",
            )

    def fail(self, message: str, key: str | None = None, line: int | None = None) -> NoReturn:
        """Raise an `InputError` that names the file and the line of ``key``."""
        number = line or (self.values[key][1] if key in self.values and key else 0)
        where = f"{self.source}, line {number}" if number else self.source
        raise InputError(f"{where}: {message}")

    def _key(self, names: tuple[str, ...]) -> str:
        found = next((name for name in names if name in self.values), None)
        if found is None:
            problem = f"has no '{names[0]}'; the file is truncated or is not an .mtp file"
            self.fail(problem, line=len(self.lines))
        return found

    def text(self, *names: str) -> str:
        """Give the text of the first of ``names`` that is there."""
        return self.values[self._key(names)][0]

    def number(self, *names: str) -> float:
        """Give a finite number."""
        key = self._key(names)
        return float(self._numbers(self.text(key), self.values[key][1], 1, key)[0])

    def count(self, *names: str, minimum: int = 1) -> int:
        """Give an integer that is at least ``minimum``."""
        key = self._key(names)
        if not self.text(key).isdigit() or int(self.text(key)) < minimum:
            self.fail(f"'{key}' is {self.text(key)!r}, not an integer of at least {minimum}", key)
        return int(self.text(key))

    def floats(self, key: str, count: int) -> FloatArray:
        """Give a list of ``count`` finite numbers."""
        return self._numbers(self.text(key), self.values[key][1], count, key)

    def integers(self, key: str, count: int, bound: int) -> Int32Array:
        """Give a list of ``count`` integers in ``range(bound)``."""
        return self.rows(key, count, [bound])[:, 0]

    def rows(self, key: str, count: int, bounds: list[int]) -> Int32Array:
        """Give ``count`` rows of integers; column k is in ``range(bounds[k])``."""
        text = self.text(key)
        if not text.endswith("}") or re.search(r"[^0-9{},\s]", text):
            self.fail(f"'{key}' is truncated or holds something else than integers", key)
        found = np.array(re.findall(r"\d+", text), dtype=np.int64)
        if len(found) != count * len(bounds):
            self.fail(f"'{key}' has {len(found)} numbers, not {count * len(bounds)}", key)
        rows = found.reshape(count, len(bounds))
        if np.any(rows >= np.array(bounds)):
            self.fail(f"'{key}' has a number out of range (limits {bounds})", key)
        return rows.astype(np.int32)

    def radial_coeffs(self, shape: tuple[int, int, int, int]) -> FloatArray:
        """Give the radial coefficients, pair by pair in the order of the species numbers."""
        if not self.radial_line:
            self.fail("has no 'radial_coeffs'; the potential is untrained", line=len(self.lines))
        n_species, _, n_functions, n_chebyshev = shape
        values, number = [], self.radial_line
        for pair in range(n_species * n_species):
            number += 1
            label = f"{pair // n_species}-{pair % n_species}"
            if self._line(number) != label:
                self.fail(f"{self._line(number)!r} instead of the pair {label}", line=number)
            for _ in range(n_functions):
                number += 1
                row = self._numbers(self._line(number), number, n_chebyshev, "radial_coeffs")
                values.append(row)
        return np.array(values).reshape(shape)

    def _line(self, number: int) -> str:
        if number > len(self.lines):
            self.fail("the file ends here; it is truncated", line=len(self.lines))
        return self.lines[number - 1].strip()

    def _numbers(self, text: str, line: int, count: int, key: str) -> FloatArray:
        bare = text[1:-1] if text.startswith("{") and text.endswith("}") else text
        try:
            values = np.array([float(part) for part in bare.split(",")], dtype=np.float64)
        except ValueError:
            self.fail(f"'{key}' is truncated or holds something else than numbers", line=line)
        if len(values) != count:
            self.fail(f"'{key}' has {len(values)} numbers, not {count}", line=line)
        if not np.all(np.isfinite(values)):
            self.fail(f"'{key}' holds a number that is not finite", line=line)
        return values
