"""How the ions of one run move, as it is stored."""

from __future__ import annotations

from pydantic import Field

from amorph_flows.schemas.array import Array
from amorph_flows.schemas.result import ResultDocument


class IonMotionDoc(ResultDocument):
    """Displacements from one origin, van Hove functions, hops, and fast and slow ions of one run.

    Arrays are empty where the run is too short for them.
    """

    temperature_k: float
    n_ions: int
    origin_lags_fs: Array = Field(description="lags of the next three, fs")
    origin_msd_a2: Array = Field(
        description="from the first frame of the longest continuous piece alone, Å²"
    )
    fast_msd_a2: Array = Field(description="the same of the quarter that is furthest, Å²")
    slow_msd_a2: Array = Field(description="the same of the quarter that is least far, Å²")
    van_hove_lags_fs: Array
    distances_a: Array = Field(description="of the self part, Å")
    self_density: Array = Field(description="4πr² G_s, 1/Å, shape (n_lags, n_bins)")
    self_density_of_diffusion: Array = Field(description="the same of Gaussian displacements")
    distinct_distances_a: Array = Field(description="of the distinct part, Å, to half the cell")
    distinct: Array = Field(description="G_d over the density, shape (n_lags, n_bins)")
    hop_window_fs: float | None
    hop_lengths_a: Array = Field(description="centres of the bins, Å")
    hops_per_ion_ns_a: Array = Field(description="hops per ion, ns and Å of length")
    hop_rate_per_ion_ns: float | None
    back_fraction: float | None = Field(description="share of hops that undo the one before")
    stay_times_fs: Array = Field(description="between neighbouring hops of an ion, fs")
    stay_shares: Array = Field(description="of the stays, that are longer")
    rank_lag_fs: float | None = Field(description="after which ions are ranked, fs")
    rank_distances_fs: Array = Field(description="between two displacements, fs")
    rank_correlation: Array = Field(description="of their ranks")
    rank_standard_errors: Array
    fast_time_fs: float | None = Field(
        description="how long an ion stays fast, fs; None where it cannot be told"
    )
