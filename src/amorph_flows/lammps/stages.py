"""Stages of a LAMMPS run, and the run as a list of them."""

from __future__ import annotations

from itertools import accumulate
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from amorph_flows.schemas.base import Document
from amorph_flows.schemas.schedule import Coupling

Voigt = tuple[float, float, float, float, float, float]
"""xx, yy, zz, yz, xz, xy."""


class Minimise(Document):
    """Atoms, and with ``relax_cell`` the cell, move to the nearest minimum of the energy.

    Atoms move by FIRE (E. Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006)), which needs forces
    alone and so comes nearer to a minimum than energies can tell. A cell that moves does so by
    conjugate gradients, in turns with the atoms. It takes no time and no step of the run.
    """

    kind: Literal["minimise"] = "minimise"
    relax_cell: Coupling | None = Field(
        default=None, description="how the cell relaxes; None: it does not"
    )
    pressure_gpa: float = Field(default=0.0, description="that the cell relaxes to, GPa")
    energy_tolerance: float = Field(
        default=0.0, ge=0, description="relative change of the energy at which it ends; 0: unused"
    )
    force_tolerance_ev_a: float = Field(
        default=1e-4, gt=0, description="component of a force below which it ends, eV/Å"
    )
    max_steps: int = Field(default=10_000, ge=1, description="iterations at most")

    @property
    def n_steps(self) -> int:
        """MD steps: none."""
        return 0


class Dynamics(Document):
    """What all stages of molecular dynamics have."""

    temperature_k: float = Field(gt=0, description="temperature, or that of the start, K")
    end_temperature_k: float | None = Field(
        default=None, gt=0, description="of a ramp's end, K; None: the temperature is held"
    )
    duration_fs: float = Field(gt=0, description="length, fs")
    time_step_fs: float = Field(default=2.0, gt=0, le=20, description="time step, fs")
    velocities: Literal["draw", "keep", "scale"] | None = Field(
        default=None,
        description="of the start: drawn or scaled to the temperature, or kept; None: drawn in the "
        "first stage of a run that has none, otherwise kept",
    )
    frame_stride: int | None = Field(
        default=None, ge=1, description="steps between frames; None: no frames are kept"
    )
    thermo_stride: int = Field(default=100, ge=1, description="steps between lines of the log")

    @property
    def n_steps(self) -> int:
        """MD steps."""
        return round(self.duration_fs / self.time_step_fs)

    @property
    def last_temperature_k(self) -> float:
        """Temperature of the end, K."""
        end = self.end_temperature_k
        return self.temperature_k if end is None else end

    @model_validator(mode="after")
    def _takes_a_step(self) -> Self:
        if not self.n_steps:
            raise ValueError(
                f"duration_fs is {self.duration_fs:g}, less than half of time_step_fs, "
                f"{self.time_step_fs:g}; give at least one step"
            )
        return self


class NVE(Dynamics):
    """Constant energy, or with random forces and friction of Langevin."""

    kind: Literal["nve"] = "nve"
    damping_fs: float | None = Field(
        default=None, gt=0, description="of Langevin's friction, fs; None: no thermostat"
    )

    @model_validator(mode="after")
    def _ramps_by_langevin(self) -> Self:
        if self.damping_fs is None and self.end_temperature_k is not None:
            raise ValueError("end_temperature_k needs a thermostat; give damping_fs")
        return self


class NVT(Dynamics):
    """Constant volume with a Nosé-Hoover chain."""

    kind: Literal["nvt"] = "nvt"
    damping_fs: float = Field(default=200.0, gt=0, description="of the thermostat, fs")


class NPT(Dynamics):
    """Nosé-Hoover chains of temperature and pressure (G. J. Martyna et al., 1994)."""

    kind: Literal["npt"] = "npt"
    damping_fs: float = Field(default=200.0, gt=0, description="of the thermostat, fs")
    pressure_gpa: float = Field(default=0.0, description="pressure, or that of the start, GPa")
    end_pressure_gpa: float | None = Field(
        default=None, description="of a ramp's end, GPa; None: the pressure is held"
    )
    barostat_damping_fs: float = Field(default=2000.0, gt=0, description="of the barostat, fs")
    coupling: Coupling = "isotropic"

    @property
    def last_pressure_gpa(self) -> float:
        """Pressure of the end, GPa."""
        end = self.end_pressure_gpa
        return self.pressure_gpa if end is None else end


class Deform(Dynamics):
    """The cell strained at a constant rate, its atoms along with it, at constant temperature."""

    kind: Literal["deform"] = "deform"
    strain: Voigt = Field(
        description="engineering strain of the end, xx, yy, zz, yz, xz, xy in LAMMPS's axes"
    )
    damping_fs: float = Field(default=200.0, gt=0, description="of the thermostat, fs")

    @model_validator(mode="after")
    def _can_strain(self) -> Self:
        if self.end_temperature_k is not None:
            raise ValueError("a deformation holds its temperature; leave out end_temperature_k")
        if min(self.strain[:3]) <= -1:
            raise ValueError(f"strain is {self.strain}; an axis cannot shrink to nothing")
        return self


Stage = Annotated[Minimise | NVE | NVT | NPT | Deform, Field(discriminator="kind")]


class LammpsMD(Document):
    """A run of LAMMPS: stages that follow each other, from one start to one trajectory.

    Examples
    --------
    >>> cooled = LammpsMD(stages=[
    ...     NPT(temperature_k=3000, duration_fs=20_000),
    ...     NPT(temperature_k=3000, end_temperature_k=300, duration_fs=270_000, frame_stride=500),
    ...     Minimise(relax_cell="isotropic"),
    ... ])
    """

    stages: tuple[Stage, ...] = Field(min_length=1)
    restart_stride: int = Field(default=10_000, ge=1, description="steps between restart files")
    skin_a: float = Field(default=0.5, gt=0, description="skin of the neighbour lists, Å")
    seed: int = Field(
        default=0, ge=0, lt=900_000_000, description="of velocities and Langevin forces"
    )
    remove_drift: bool = Field(
        default=True,
        description="whether the random forces of Langevin add up to zero and the cell is at rest "
        "after them; LAMMPS' own default does neither, and the cell drifts on in NVT",
    )
    walltime_s: float | None = Field(
        default=None,
        gt=0,
        description="time after which the run stops and goes on in a new job, s; it does so "
        "before its queue job ends in any case",
    )

    extends_from_fs: float | None = Field(
        default=None,
        gt=0,
        description="length of the last stage at first, where it may be made longer after its end; "
        "the run then goes on in the same folder",
    )

    @classmethod
    def held(
        cls,
        temperature_k: float,
        duration_fs: float,
        *,
        equilibration_fs: float = 0.0,
        ensemble: Literal["nvt", "npt"] = "nvt",
        pressure_gpa: float = 0.0,
        time_step_fs: float = 2.0,
        damping_fs: float = 200.0,
        frame_stride: int = 100,
        thermo_stride: int = 100,
        seed: int = 0,
    ) -> Self:
        """Return NVE with a Langevin thermostat to equilibrate, then NVT or NPT with frames.

        Velocities are drawn, whatever those of the start, so that each seed is a run of its own.
        Before NPT the second half of the equilibration is NPT too, so that the volume has settled.

        Parameters
        ----------
        temperature_k
            Temperature, K.
        duration_fs
            Length of the second stage, fs.
        equilibration_fs
            Length of what is before it, fs; 0: there is nothing.
        ensemble
            ``"nvt"`` or ``"npt"``.
        pressure_gpa
            Of ``"npt"``, GPa.
        time_step_fs
            Time step, fs.
        damping_fs
            Damping time of both thermostats, fs.
        frame_stride, thermo_stride
            Steps between frames, and between lines of the log.
        seed
            Of velocities and Langevin forces.
        """
        held: dict[str, object] = {
            "temperature_k": temperature_k,
            "time_step_fs": time_step_fs,
            "damping_fs": damping_fs,
            "thermo_stride": thermo_stride,
        }
        produced: dict[str, object] = {
            "kind": ensemble,
            "duration_fs": duration_fs,
            "frame_stride": frame_stride,
        }
        if ensemble == "npt" or pressure_gpa:
            produced["pressure_gpa"] = pressure_gpa
        stages = [held | produced]
        rest_fs = equilibration_fs
        if ensemble == "npt" and equilibration_fs >= 4 * time_step_fs:
            rest_fs = equilibration_fs / 2
            stages.insert(0, held | produced | {"duration_fs": rest_fs, "frame_stride": None})
        if rest_fs:
            stages.insert(0, held | {"kind": "nve", "duration_fs": rest_fs})
        stages[0]["velocities"] = "draw"
        return cls.model_validate({"stages": stages, "seed": seed})

    def lasting(self, duration_fs: float) -> Self:
        """Return the run with a last stage that is longer than, or as long as, it was at first.

        Parameters
        ----------
        duration_fs
            Length of the last stage, fs.
        """
        *before, last = self.stages
        longer = last.model_copy(update={"duration_fs": duration_fs})
        first = self.extends_from_fs or getattr(last, "duration_fs", None)
        return self.model_copy(update={"stages": (*before, longer), "extends_from_fs": first})

    @property
    def first_steps(self) -> tuple[int, ...]:
        """MD step that each stage begins at, and that of the end; shape ``(n_stages + 1,)``."""
        return tuple(accumulate((stage.n_steps for stage in self.stages), initial=0))

    @property
    def n_steps(self) -> int:
        """MD steps of all stages."""
        return self.first_steps[-1]

    @property
    def duration_fs(self) -> float:
        """Length of all stages, fs."""
        return self.time_fs(len(self.stages) - 1, self.n_steps)

    def time_fs(self, stage: int, step: float) -> float:
        """Return the time since the start at a step of a stage, fs.

        Parameters
        ----------
        stage
            Index of the stage.
        step
            MD step, counted from the start of the run.
        """
        now = self.stages[stage]
        if isinstance(now, Minimise):
            return self.begins_fs(stage)
        return self.begins_fs(stage) + (step - self.first_steps[stage]) * now.time_step_fs

    def begins_fs(self, stage: int) -> float:
        """Return the time from the start to the beginning of a stage, fs.

        Parameters
        ----------
        stage
            Index of the stage.
        """
        return sum(
            done.n_steps * done.time_step_fs
            for done in self.stages[:stage]
            if not isinstance(done, Minimise)
        )
