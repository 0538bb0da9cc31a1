"""Write OUTCAR, OSZICAR, XDATCAR and CONTCAR as VASP lays them out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.testing.vasp.inputs import VaspInputs
from amorph_flows.testing.vasp.ionic_step import IonicStep
from amorph_flows.testing.vasp.xml import N_BANDS, VERSION, n_electrons

_OSZICAR_HEAD = (
    "       N       E                     dE             d eps       ncg     rms          rms(c)\n"
)


class TextFiles:
    """The text files of a run on their way.

    Parameters
    ----------
    folder
        Where VASP runs.
    inputs
        What it read.
    """

    def __init__(self, folder: Path, inputs: VaspInputs) -> None:
        self._folder, self._inputs, self._n_steps = folder, inputs, 0
        symbols, counts = zip(*inputs.groups, strict=True)
        self._species = f" {' '.join(symbols)}\n {' '.join(str(n) for n in counts)}\n"
        for name in ("OUTCAR", "OSZICAR", "XDATCAR"):
            (folder / name).write_text("", encoding="ascii")
        self._append("OUTCAR", _outcar_head(inputs))
        self._append("XDATCAR", f"stand-in\n           1\n{_rows(inputs.cell)}")
        self._append("XDATCAR", self._species)

    def step(self, step: IonicStep, temperature_k: float | None) -> None:
        """Write one ionic step.

        Parameters
        ----------
        step
            The step.
        temperature_k
            Of ions, MD only.
        """
        self._n_steps += 1
        self._append("OSZICAR", _OSZICAR_HEAD)
        for electronic in range(1, step.electronic_steps + 1):
            self._append(
                "OSZICAR",
                f"DAV: {electronic:3d} {step.free_ev:20.12E} 0.1E-05 0.1E-06 96 0.1E-03 0.1E-03\n",
            )
        self._append("OSZICAR", self._oszicar_line(step, temperature_k))
        wrapped = step.scaled - np.floor(step.scaled)
        self._append("XDATCAR", f"Direct configuration= {self._n_steps:5d}\n{_rows(wrapped)}")
        rule = "-" * 83
        self._append(
            "OUTCAR",
            f"\n POSITION                                       TOTAL-FORCE (eV/Angst)\n {rule}\n"
            f"{_rows(np.hstack([step.scaled @ step.cell, step.forces]), 6)} {rule}\n"
            f" number of electron {n_electrons(self._inputs):12.7f} magnetization      0.0000000\n"
            " E-fermi :   0.5000     XC(G=0):  -1.0000     alpha+bet : -1.0000\n"
            "    total drift:                                0.000000      0.000000      0.000000\n"
            "\n  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)\n"
            f"  free  energy   TOTEN  = {step.free_ev:18.8f} eV\n\n"
            f"  energy  without entropy= {step.without_entropy_ev:16.8f}"
            f"  energy(sigma->0) = {step.sigma_zero_ev:16.8f}\n"
            " LOOP+:  cpu time    1.0000: real time    1.0000\n",
        )

    def contcar(
        self,
        cell: FloatArray,
        scaled: FloatArray,
        velocities: FloatArray | None,
        cell_velocities: FloatArray | None,
    ) -> None:
        """Replace CONTCAR.

        Parameters
        ----------
        cell
            Row vectors, Å.
        scaled
            Positions in the cell; they are moved into it.
        velocities
            Å/fs, MD only.
        cell_velocities
            Of the cell's vectors, Å/fs, only where the cell moves.
        """
        blocks = [
            f"stand-in\n   1.0\n{_rows(cell, 16)}{self._species}Direct\n",
            _rows(scaled - np.floor(scaled), 16),
        ]
        if cell_velocities is not None:
            held = _rows(np.vstack([cell_velocities, cell]))
            blocks.append(f"Lattice velocities and vectors\n  1\n{held}")
        if velocities is not None:
            blocks.append("\n" + _rows(velocities, 16))
        (self._folder / "CONTCAR").write_text("".join(blocks), encoding="ascii")

    def close(self, stopped: bool) -> None:
        """Write how the run ended.

        Parameters
        ----------
        stopped
            Whether STOPCAR asked for it.
        """
        if stopped:
            self._append("OUTCAR", " soft stop encountered!  aborting job ...\n")
        self._append(
            "OUTCAR",
            " General timing and accounting informations for this job:\n"
            "                  Total CPU time used (sec):        1.000\n"
            "                            User time (sec):        1.000\n"
            "                          System time (sec):        0.000\n"
            "                         Elapsed time (sec):        1.000\n"
            "                   Maximum memory used (kb):        1000.\n"
            "                   Average memory used (kb):           0.\n",
        )

    def _oszicar_line(self, step: IonicStep, temperature_k: float | None) -> str:
        n, free, zero = self._n_steps, step.free_ev, step.sigma_zero_ev
        if temperature_k is None or step.kinetic_ev is None:
            return f"{n:4d} F= {free:.8E} E0= {zero:.8E}  d E ={0.0:.6E}  mag=     0.0000\n"
        return (
            f"{n:7d} T= {temperature_k:5.0f}. E= {free + step.kinetic_ev:.8E} F= {free:.8E} "
            f"E0= {zero:.8E}  EK= {step.kinetic_ev:.5E} SP= 0.00E+00 SK= 0.00E+00 mag=     0.0000\n"
        )

    def _append(self, name: str, text: str) -> None:
        with (self._folder / name).open("a", encoding="ascii") as file:
            file.write(text)


def _outcar_head(inputs: VaspInputs) -> str:
    n, rule = len(inputs.kpoints), "-" * 104
    waves = [
        f" k-point {i:3d} :  {p[0]:7.4f}{p[1]:7.4f}{p[2]:7.4f}  plane waves:    1000\n"
        for i, p in enumerate(inputs.kpoints, 1)
    ]
    return (
        f" vasp.{VERSION} stand-in\n running on    1 total cores\n"
        f"   k-points           NKPTS = {n:6d}   k-points in BZ     NKDIM = {n:6d}"
        f"   number of bands    NBANDS= {N_BANDS:6d}\n"
        "   total plane-waves  NPLWV =  13824\n"
        f"   ISPIN  = {inputs.get('ISPIN', 1):6d}    spin polarized calculation?\n"
        f"   IBRION = {inputs.get('IBRION', -1):6d}    ionic relax\n"
        f"   NELECT = {n_electrons(inputs):12.4f}    total number of electrons\n"
        f"\n\n\n{rule}\n\n\n{''.join(waves)}\n"
        " maximum and minimum number of plane-waves per node :      1000     1000\n"
    )


def _rows(rows: FloatArray, digits: int = 8) -> str:
    lines = (" ".join(f"{x:{digits + 8}.{digits}f}" for x in row) for row in rows)
    return "".join(f"  {line}\n" for line in lines)
