"""What grades of a run add up to."""

from __future__ import annotations

import numpy as np

from amorph_flows.lammps._grades import summarise


def test_a_grade_that_is_no_number_breaks_a_run() -> None:
    summary = summarise(np.array([[0, 1.0], [10, np.nan]]), 2.0, 10.0)
    assert summary.broke
    assert summary.fraction_above_select == 0.5
