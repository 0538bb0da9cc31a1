"""The engine that runs VASP through atomate2."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from atomate2 import SETTINGS
from atomate2.vasp.jobs.base import BaseVaspMaker
from atomate2.vasp.sets.base import VaspInputGenerator
from jobflow import Maker, Response
from pymatgen.core import Structure
from typing_extensions import override

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.engines._batches import in_pieces
from amorph_flows.engines._checkpoint import run_key
from amorph_flows.engines._labelling import label_batch
from amorph_flows.engines.base import Engine
from amorph_flows.engines.vasp._calculations import labelled_frame, relaxed
from amorph_flows.engines.vasp._makers import all_makers, md_maker, relax_maker, static_maker
from amorph_flows.engines.vasp._md import (
    advance_md,
    find_state,
    require_converged,
    require_whole_cell,
)
from amorph_flows.engines.vasp._requirements import require_computable
from amorph_flows.engines.vasp._run import VaspRun, run_maker
from amorph_flows.engines.vasp._sets import (
    SCHEDULE_TAGS,
    AmorphousSetGenerator,
    pbe_u_config,
    scan_u_config,
)
from amorph_flows.engines.vasp._settings import generator_hash, told_of_makers
from amorph_flows.errors import InputError
from amorph_flows.runtime.continuation import continued, run_home
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.runtime.walltime import require_time
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc, RelaxDoc
from amorph_flows.schemas.schedule import Coupling, MDStage
from amorph_flows.structures.configuration import to_atoms, to_structure


@dataclass
class VaspEngine(Engine, Maker):
    """Energies and forces from VASP; atomate2 writes the inputs, runs custodian and parses.

    The energy of a frame is the free energy F (VASP's ``TOTEN``, ``free  energy``), not E₀: the
    forces are derivatives of F, and a potential is fitted to both.

    Its Makers are atomate2's and can be swapped or changed by atomate2's powerups. They must agree
    in everything that changes an energy, so that frames of MD, single points and relaxations can
    be compared; `check` refuses Makers that do not.

    Parameters
    ----------
    name
        Of its jobs.
    label
        Its name in documents.
    static_maker, md_maker, relax_maker
        atomate2 VASP Makers. Temperatures, time step and number of steps of MD and whether the
        cell relaxes are set by the engine; its thermostat can be changed by INCAR tags.
    user_incar_settings
        INCAR tags for all three Makers, on top of their own, such as ``{"NCORE": 8}``.
    labels_per_job
        Single points in one job at most; a larger batch is cut into jobs that run side by side.
        0: all in one job, one after the other.
    relax_max_steps
        Steps of a relaxation at most.
    max_unconverged
        MD is given up when the density of a larger share of its configurations does not converge.

    Examples
    --------
    >>> from atomate2.vasp.powerups import update_user_incar_settings
    >>> engine = update_user_incar_settings(VaspEngine.scan_u(), {"NCORE": 8, "KPAR": 2})
    """

    name: str = "VASP"
    label: str = "VASP SCAN+U"
    static_maker: BaseVaspMaker = field(
        default_factory=lambda: static_maker(AmorphousSetGenerator())
    )
    md_maker: BaseVaspMaker = field(default_factory=lambda: md_maker(AmorphousSetGenerator()))
    relax_maker: BaseVaspMaker = field(default_factory=lambda: relax_maker(AmorphousSetGenerator()))
    user_incar_settings: dict[str, Any] = field(default_factory=dict)
    labels_per_job: int = 0
    relax_max_steps: int = 200
    max_unconverged: float = 0.05

    @classmethod
    def scan_u(cls, u_ev: dict[str, float] | None = None, **changes: Any) -> Self:
        """Return SCAN+U as in the study of amorphous V2O5, with its k-point mesh.

        Parameters
        ----------
        u_ev
            U of the d orbitals by element, eV; by default 1.0 for V.
        **changes
            More fields of the engine.
        """
        generator = AmorphousSetGenerator(config_dict=scan_u_config(u_ev or {"V": 1.0}))
        return cls(**{"label": "VASP SCAN+U"} | all_makers(generator) | changes)

    @classmethod
    def pbe_u(cls, u_ev: dict[str, float] | None = None, **changes: Any) -> Self:
        """Return PBE+U as in the study of NaFePO4 glass, Gamma point only.

        Parameters
        ----------
        u_ev
            U of the d orbitals by element, eV; by default 5.1 for Fe.
        **changes
            More fields of the engine.
        """
        config = pbe_u_config(u_ev or {"Fe": 5.1})
        generator = AmorphousSetGenerator(config_dict=config, kpoint_length_a=0.0)
        return cls(**{"label": "VASP PBE+U"} | all_makers(generator) | changes)

    @override
    def info(self) -> EngineInfo:
        """Return the engine's name and settings hash; VASP's version is only known after a run."""
        generator = self.static_maker.input_set_generator
        return EngineInfo(
            name=self.label,
            settings_hash=generator_hash(
                generator, self.user_incar_settings | SETTINGS.VASP_INCAR_UPDATES
            ),
            surrogate=False,
        )

    @override
    def settings_told(self) -> dict[str, Any]:
        """Return tags that change numbers: of single points, and how ions move in the others."""
        static, relax = self._generator(self.static_maker), self._generator(self.relax_maker)
        held = ("labels_per_job", "relax_max_steps", "max_unconverged")
        own = {f".{name}": getattr(self, name) for name in held}
        return {"": "VASP", **told_of_makers(static, relax, self._md_tags), **own}

    @override
    def check(self, structure: Structure | None = None) -> None:
        """Refuse what cannot be computed: missing POTCARs, missing U, Makers that do not agree.

        Without a folder of POTCARs it raises a `MissingDependencyError`, else an `InputError`.
        """
        if self.labels_per_job < 0:
            raise InputError(f"labels_per_job must be 0 or more, got {self.labels_per_job}")
        require_computable(
            self._generator(self.static_maker),
            {
                "md_maker": self._generator(self.md_maker),
                "relax_maker": self._generator(self.relax_maker),
            },
            structure,
        )

    @property
    @override
    def barostats(self) -> tuple[Coupling, ...]:
        """Lengths and angles together; another coupling needs a file ICONST."""
        return ("triclinic",)

    @override
    def check_md(self, stage: MDStage, structure: Structure | None = None) -> None:
        """Refuse a barostat or a pressure that VASP has not, or whose labels would be wrong."""
        super().check_md(stage, structure)
        if stage.ensemble != "npt":
            return
        if not stage.has_constant_pressure:
            raise InputError(
                f"end_pressure_gpa is {stage.end_pressure_gpa:g} in {stage.name!r}, but the "
                "pressure of VASP is constant in a run; use several stages"
            )
        if stage.pressure_gpa != 0:
            raise InputError(
                f"pressure_gpa is {stage.pressure_gpa:g} in {stage.name!r}, but with PSTRESS the "
                "energies that VASP writes are enthalpies, which are no labels; use 0"
            )
        algorithm = self._md_tags.get("MDALGO", 3)
        if algorithm != 3:
            raise InputError(
                f"MDALGO is {algorithm} in the INCAR tags given, but ensemble = 'npt' in "
                f"{stage.name!r} needs MDALGO = 3; leave the tag out"
            )

    @property
    def _md_tags(self) -> dict[str, Any]:
        return self.md_maker.input_set_generator.user_incar_settings | self.user_incar_settings

    def _generator(self, maker: BaseVaspMaker) -> VaspInputGenerator:
        tags = maker.input_set_generator.user_incar_settings | self.user_incar_settings
        return replace(maker.input_set_generator, user_incar_settings=tags)

    @override
    @stage_job(LabelDoc)
    def md(
        self,
        structure: Structure,
        stage: MDStage,
        run: str = "",
        seed: int = 0,
        prev_dir: str | None = None,
    ) -> LabelDoc | Response:
        """Run molecular dynamics: Nosé-Hoover (``MDALGO = 2``) or NVE (``MDALGO = 1``).

        NPT is Langevin dynamics with the barostat of Parrinello and Rahman (``MDALGO = 3``) at
        zero pressure, which moves lengths and angles of the cell.
        Given velocities are taken over into POSCAR. When the walltime stops VASP, a new job goes on
        from CONTCAR; all pieces together are one trajectory. A configuration whose density did not
        converge is quarantined; too many of them raise a `CalculationError`.
        """
        self.check(structure)
        self.check_md(stage, structure)
        require_time(f"MD {run!r}")
        info, home = self.info(), run_home(prev_dir)
        key = run_key(
            to_atoms(structure), stage.model_dump_json(), run, str(seed), info.settings_hash
        )
        state = find_state(key, structure, stage, seed, home, prev_dir is not None)
        version = advance_md(state, stage, self.provenance(run), home, self._run_md)
        require_converged(state, run, self.max_unconverged)
        require_whole_cell(state, stage, run)
        if not state.is_finished(stage):
            return continued(self.md(structure, stage, run, seed, prev_dir=str(home)))
        return LabelDoc(
            engine=info.model_copy(update={"version": version}),
            run=run,
            stage=stage,
            seed=seed,
            n_steps=stage.n_steps,
            frames=FrameSet(state.frames),
            structure=state.structure,
            quarantined=state.quarantined,
            directory=str(home),
        )

    @override
    @stage_job(LabelDoc)
    def static(
        self, frames: FrameSet, run: str = "", prev_dir: str | None = None
    ) -> LabelDoc | Response:
        """Label frames by single points."""
        info = self.info()
        whole = replace(self, labels_per_job=0)
        jobs = in_pieces(whole.static, info, frames, run, self.labels_per_job)
        if jobs is not None:
            return jobs
        home = run_home(prev_dir)
        batch = label_batch(
            frames,
            lambda frame: self._label(frame, home),
            info.settings_hash,
            home,
            run=run,
            goes_on=prev_dir is not None,
        )
        if not batch.is_complete:
            return continued(self.static(frames, run, prev_dir=str(home)))
        return batch.document(info, run, home)

    @override
    @stage_job(RelaxDoc)
    def relax(
        self, structure: Structure, relax_cell: bool = True, prev_dir: str | None = None
    ) -> RelaxDoc:
        """Relax a structure until its forces are below ``-EDIFFG``, with ``ISIF`` 3 or 2.

        Where the cell relaxes, a single point of the last cell follows, whose energy and forces are
        those of the document: the basis of the relaxation is that of the first cell. A density that
        does not converge for the last configuration raises a `CalculationError`.
        """
        self.check(structure)
        require_time("the relaxation")
        return relaxed(
            structure,
            self.relax_maker,
            run_home(prev_dir) / "relax",
            {"NSW": self.relax_max_steps, "ISIF": 3 if relax_cell else 2}
            | self.user_incar_settings,
            self.info(),
            goes_on=prev_dir is not None,
            final=self.static_maker if relax_cell else None,
            final_tags=self.user_incar_settings,
        )

    def _run_md(self, structure: Structure, folder: Path, tags: dict[str, Any]) -> VaspRun:
        fixed = {tag: tags[tag] for tag in SCHEDULE_TAGS}
        return run_maker(self.md_maker, structure, folder, tags | self._md_tags | fixed)

    def _label(self, frame: Frame, home: Path) -> Frame:
        self.check(to_structure(frame.to_atoms()))
        folder = home / f"label_{frame.content_hash[:12]}"
        signed = self.provenance(frame.provenance.run)
        return labelled_frame(frame, self.static_maker, folder, self.user_incar_settings, signed)
