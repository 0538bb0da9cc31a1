"""Seeds of runs that differ between runs and are the same in every repetition of a study."""

from __future__ import annotations

import zlib


def seed_of(seed: int, *what: object) -> int:
    """Return a positive seed below 10^6 for one run of a study.

    Parameters
    ----------
    seed
        The study's seed.
    *what
        What tells this run from the others.
    """
    text = "|".join(str(part) for part in (seed, *what))
    return zlib.crc32(text.encode()) % 999_999 + 1
