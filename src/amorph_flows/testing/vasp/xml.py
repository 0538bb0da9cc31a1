"""Write vasprun.xml as VASP lays it out, one ionic step after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self, TextIO
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from amorph_flows.arrays import FloatArray
from amorph_flows.testing.vasp.inputs import VaspInputs
from amorph_flows.testing.vasp.ionic_step import IonicStep
from amorph_flows.testing.vasp.tags import Value

N_BANDS = 4
VERSION = "0.0.0"

_DEFAULTS: dict[str, Value] = {
    "SYSTEM": "unknown system", "PREC": "normal", "ALGO": "Normal", "IALGO": 38, "ENMAX": 400.0,
    "NELM": 60, "NELMIN": 2, "NELMDL": -5, "EDIFF": 1e-4, "EDIFFG": 1e-3, "NSW": 0, "IBRION": -1,
    "NFREE": 0, "ISIF": 2, "ISYM": 2, "SYMPREC": 1e-5, "POTIM": 0.5, "TEBEG": 0.0, "TEEND": 0.0,
    "SMASS": -3.0, "ISMEAR": 1, "SIGMA": 0.2, "ISPIN": 1, "LASPH": False, "LCHIMAG": False,
    "LREAL": False, "LWAVE": True, "LCHARG": True, "LMAXMIX": 2, "GGA": "--", "METAGGA": "--",
    "LDAU": False, "LHFCALC": False, "AEXX": 0.0, "HFSCREEN": 0.0, "LUSE_VDW": False, "IVDW": 0,
    "LNONCOLLINEAR": False, "LSORBIT": False, "LEPSILON": False, "NBANDS": N_BANDS, "LORBIT": 0,
    "NGX": 24, "NGY": 24, "NGZ": 24, "NGXF": 48, "NGYF": 48, "NGZF": 48,
}  # fmt: skip


class VasprunWriter:
    """A vasprun.xml on its way, a context; what is written is on disk at once.

    Parameters
    ----------
    path
        The file.
    inputs
        What VASP read.
    """

    def __init__(self, path: Path, inputs: VaspInputs) -> None:
        self._file: TextIO = path.open("w", encoding="iso-8859-1")
        self._inputs = inputs
        self._head()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def step(self, step: IonicStep, *, is_last: bool) -> None:
        """Write one ionic step; eigenvalues and density of states with the last.

        Parameters
        ----------
        step
            The step.
        is_last
            Whether none follows.
        """
        out = [" <calculation>"]
        for _ in range(step.electronic_steps):
            out += ["  <scstep>", *_energies(step, None), "  </scstep>"]
        out += _structure(step.cell, step.scaled)
        out += _array("forces", step.forces)
        if step.stress_kb is not None:
            out += _array("stress", step.stress_kb)
        out += _energies(step, step.kinetic_ev)
        out += ['  <time name="totalsc">    1.00    1.00</time>']
        if is_last:
            out += [*self._eigenvalues(), *self._dos()]
        self._write([*out, " </calculation>"])

    def finish(self, cell: FloatArray, scaled: FloatArray) -> None:
        """Write the last structure.

        Parameters
        ----------
        cell
            Row vectors, Å.
        scaled
            Positions in the cell.
        """
        self._write([*_structure(cell, scaled, "finalpos"), "</modeling>"])

    def _write(self, lines: list[str]) -> None:
        self._file.write("\n".join(lines) + "\n")
        self._file.flush()

    def _head(self) -> None:
        inputs = self._inputs
        cell, scaled = inputs.cell, inputs.scaled
        effective = (
            _DEFAULTS | inputs.tags | {"ENMAX": inputs.tags["ENCUT"], "NELECT": n_electrons(inputs)}
        )
        self._write(
            [
                '<?xml version="1.0" encoding="ISO-8859-1"?>',
                "<modeling>",
                " <generator>",
                '  <i name="program" type="string">stand-in for vasp </i>',
                f'  <i name="version" type="string">{VERSION} </i>',
                '  <i name="subversion" type="string">amorph_flows.testing </i>',
                '  <i name="platform" type="string">none </i>',
                '  <i name="date" type="string">2000 01 01 </i>',
                '  <i name="time" type="string">00:00:00 </i>',
                " </generator>",
                " <incar>",
                *(_tag(name, value) for name, value in inputs.tags.items()),
                " </incar>",
                *self._kpoints(),
                " <parameters>",
                '  <separator name="general">',
                *(_tag(name, value) for name, value in effective.items()),
                "  </separator>",
                " </parameters>",
                *self._atoms(),
                *_structure(cell, scaled, "initialpos"),
            ]
        )

    def _kpoints(self) -> list[str]:
        points = self._inputs.kpoints
        weights = np.full((len(points), 1), 1 / len(points))
        divisions = " ".join(f"{n:8d}" for n in self._inputs.divisions)
        return [
            " <kpoints>",
            '  <generation param="Gamma">',
            f'   <v type="int" name="divisions">{divisions} </v>',
            '   <v name="usershift">      0.0      0.0      0.0 </v>',
            "  </generation>",
            *_array("kpointlist", points),
            *_array("weights", weights),
            " </kpoints>",
        ]

    def _atoms(self) -> list[str]:
        groups, inputs = self._inputs.groups, self._inputs
        atoms = [
            f"    <rc><c>{symbol:2}</c><c>{kind:4d}</c></rc>"
            for kind, (symbol, count) in enumerate(groups, 1)
            for _ in range(count)
        ]
        kinds = [
            f"    <rc><c>{count:4d}</c><c>{symbol:2}</c><c>1.0</c><c>{valence}</c>"
            f"<c>  {escape(title)} </c></rc>"
            for (symbol, count), title, valence in zip(
                groups, inputs.titles, inputs.valence, strict=True
            )
        ]
        return [
            " <atominfo>",
            f"  <atoms> {len(inputs.scaled)} </atoms>",
            f"  <types> {len(groups)} </types>",
            '  <array name="atoms" >',
            '   <dimension dim="1">ion</dimension>',
            '   <field type="string">element</field>',
            '   <field type="int">atomtype</field>',
            "   <set>", *atoms, "   </set>",
            "  </array>",
            '  <array name="atomtypes" >',
            '   <dimension dim="1">type</dimension>',
            '   <field type="int">atomspertype</field>',
            '   <field type="string">element</field>',
            "   <field>mass</field>",
            "   <field>valence</field>",
            '   <field type="string">pseudopotential</field>',
            "   <set>", *kinds, "   </set>",
            "  </array>",
            " </atominfo>",
        ]  # fmt: skip

    def _eigenvalues(self) -> list[str]:
        """Two full bands and two empty ones, 3 eV apart, at every point."""
        levels = [(-2.0, 1.0), (-1.0, 1.0), (2.0, 0.0), (3.0, 0.0)]
        rows = [f"      <r> {energy:10.4f} {filling:10.4f} </r>" for energy, filling in levels]
        out = ["  <eigenvalues>", "   <array>", "    <set>"]
        for spin in range(1, self._n_spins + 1):
            out.append(f'     <set comment="spin {spin}">')
            for point in range(1, len(self._inputs.kpoints) + 1):
                out += [f'      <set comment="kpoint {point}">', *rows, "      </set>"]
            out.append("     </set>")
        return [*out, "    </set>", "   </array>", "  </eigenvalues>"]

    def _dos(self) -> list[str]:
        energies = np.linspace(-4, 4, 9)
        sets = []
        for spin in range(1, self._n_spins + 1):
            sets.append(f'      <set comment="spin {spin}">')
            sets += [
                f"       <r> {e:10.4f} 1.0000 {i + 1:10.4f} </r>" for i, e in enumerate(energies)
            ]
            sets.append("      </set>")
        return [
            "  <dos>",
            '   <i name="efermi">      0.50000000 </i>',
            "   <total>", "    <array>", "     <set>", *sets, "     </set>", "    </array>",
            "   </total>",
            "  </dos>",
        ]  # fmt: skip

    @property
    def _n_spins(self) -> int:
        return int(self._inputs.get("ISPIN", 1))


def n_electrons(inputs: VaspInputs) -> float:
    """Return the number of valence electrons.

    Parameters
    ----------
    inputs
        What VASP read.
    """
    return sum(
        count * valence for (_, count), valence in zip(inputs.groups, inputs.valence, strict=True)
    )


def _tag(name: str, value: Any) -> str:
    if isinstance(value, list):
        kind = ' type="int"' if isinstance(value[0], int) else ""
        text = " ".join(f"{item:.8f}" if isinstance(item, float) else str(item) for item in value)
        return f'  <v{kind} name="{name}">{text} </v>'
    if isinstance(value, bool):
        return f'  <i type="logical" name="{name}"> {"T" if value else "F"}  </i>'
    if isinstance(value, int):
        return f'  <i type="int" name="{name}">{value:6d}</i>'
    if isinstance(value, str):
        return f'  <i type="string" name="{name}">{escape(value)}</i>'
    return f'  <i name="{name}">{value:16.8f}</i>'


def _array(name: str, rows: npt.ArrayLike) -> list[str]:
    lines = ["   <v>" + "".join(f"{x:16.8f}" for x in row) + " </v>" for row in np.asarray(rows)]
    return [f'  <varray name="{name}" >', *lines, "  </varray>"]


def _structure(cell: FloatArray, scaled: FloatArray, name: str = "") -> list[str]:
    """VASP moves positions into the cell."""
    label = f' name="{name}"' if name else ""
    volume = abs(float(np.linalg.det(cell)))
    return [
        f" <structure{label}>",
        "  <crystal>",
        *_array("basis", cell),
        f'   <i name="volume">{volume:16.8f} </i>',
        *_array("rec_basis", np.linalg.inv(cell).T),
        "  </crystal>",
        *_array("positions", scaled - np.floor(scaled)),
        " </structure>",
    ]


def _energies(step: IonicStep, kinetic_ev: float | None) -> list[str]:
    values = {
        "e_fr_energy": step.free_ev,
        "e_wo_entrp": step.without_entropy_ev,
        "e_0_energy": step.sigma_zero_ev,
    }
    if kinetic_ev is not None:
        values |= {"kinetic": kinetic_ev, "total": step.free_ev + kinetic_ev}
    lines = [f'    <i name="{name}">{value:16.8f} </i>' for name, value in values.items()]
    return ["   <energy>", *lines, "   </energy>"]
