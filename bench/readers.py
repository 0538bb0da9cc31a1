"""Reading dumps that LAMMPS wrote: ours, ASE, pyarrow's CSV reader alone, and LAMMPS's binary form.

Run with no argument for an 800 MB dump; ``--frames 1000`` takes seconds.
"""

from __future__ import annotations

import argparse
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ase.io import iread
from pyarrow import csv

from amorph_flows.analysis import read_trajectory
from amorph_flows.analysis.readers.dump_text import frames_of
from amorph_flows.lammps.command import lammps_command
from amorph_flows.upstream.lammps import environment

N_ATOMS = 768
COLUMNS = ["id", "type", "xu", "yu", "zu"]
SPECIES = ["Mg", "V", "O"]

# a gas that does not interact: nearly all of the run is writing
INPUT = f"""units metal
region box block 0 22 0 22 0 22
create_box 3 box
create_atoms 1 random 96 1 box
create_atoms 2 random 192 2 box
create_atoms 3 random {N_ATOMS - 288} 3 box
mass * 20.0
pair_style zero 3.0 nocoeff
pair_coeff * *
timestep 0.002
velocity all create 900 1
fix move all nve
dump text all custom 1 run.lammpstrj {" ".join(COLUMNS)}
dump_modify text sort id time yes units yes format float %.8f
dump binary all custom 1 run.bin {" ".join(COLUMNS)}
dump_modify binary sort id time yes units yes
"""


def write_dumps(folder: Path, n_frames: int) -> None:
    """Write the same frames as text, as production runs do, and in the binary form."""
    (folder / "in.lmp").write_text(f"{INPUT}run {n_frames - 1}\n")
    command = [*lammps_command(), "-in", "in.lmp", "-log", "none", "-screen", "none"]
    subprocess.run(command, cwd=folder, env=environment(), check=True)


def ours(path: Path) -> npt.NDArray[np.float64]:
    """Return positions by `read_trajectory`."""
    return read_trajectory(path, species=SPECIES).positions


def by_pyarrow(path: Path) -> npt.NDArray[np.float64]:
    """Return positions, headers taken out and the rows given to pyarrow's CSV reader."""
    coordinates = COLUMNS[2:]
    parts = []
    for frames in frames_of(path):
        rows = b"".join(frame.rows for frame in frames)
        spaced = rows[: rows.find(b"\n")].endswith(b" ")
        table = csv.read_csv(
            pa.BufferReader(rows),
            csv.ReadOptions(column_names=[*COLUMNS, ""] if spaced else COLUMNS),
            csv.ParseOptions(delimiter=" ", quote_char=False),
            csv.ConvertOptions(
                include_columns=["id", *coordinates],
                column_types=dict.fromkeys(["id", *coordinates], pa.float64()),
                null_values=[],
            ),
        )
        parts.append(np.stack([table[name].to_numpy() for name in coordinates], axis=-1))
    return np.concatenate(parts).reshape(-1, N_ATOMS, 3)


def by_binary(path: Path) -> npt.NDArray[np.float64]:
    """Return positions of a mapped binary dump (LAMMPS since 2021); no frame that was cut off."""
    raw = np.memmap(path, dtype=np.uint8, mode="r")
    view, at, frames = memoryview(raw), 0, []
    while at < len(raw):
        (magic,) = struct.unpack_from("<q", view, at)  # minus the length of its name
        at += 8 - magic + 8  # name, endianness and revision
        _step, n_atoms, triclinic = struct.unpack_from("<qqi", view, at)
        at += 20 + 24 + (72 if triclinic else 48)  # boundaries and box
        n_columns, units = struct.unpack_from("<ii", view, at)
        at += 8 + units
        at += 9 if view[at] else 1  # time
        (names,) = struct.unpack_from("<i", view, at)
        at += 4 + names
        (ranks,) = struct.unpack_from("<i", view, at)
        at += 4
        rows = []
        for _ in range(ranks):
            (n_numbers,) = struct.unpack_from("<i", view, at)
            rows.append(raw[at + 4 : at + 4 + 8 * n_numbers])
            at += 4 + 8 * n_numbers
        if at <= len(raw):
            whole = rows[0] if ranks == 1 else np.concatenate(rows)
            frames.append(np.frombuffer(whole, dtype="<f8").reshape(n_atoms, n_columns))
    positions = np.empty((len(frames), N_ATOMS, 3))
    for i, frame in enumerate(frames):
        positions[i] = frame[:, 2:]
    return positions


def by_ase(path: Path) -> None:
    """Read one frame after the other and throw it away."""
    for _ in iread(path, ":", format="lammps-dump-text"):
        pass


def timed(function: Callable[[Path], object], path: Path, n_times: int) -> tuple[float, float]:
    """Return wall and CPU seconds, the least of some runs, of reading what is in memory."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass
    seconds = []
    for _ in range(n_times):
        wall, cpu = time.perf_counter(), time.process_time()
        function(path)
        seconds.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in seconds), min(cpu for _, cpu in seconds)


PEAK = """
import sys
from pathlib import Path
from amorph_flows.analysis import read_trajectory
run = read_trajectory(sys.argv[1], species=sys.argv[3:], frames=slice(int(sys.argv[2])))
status = Path("/proc/self/status").read_text()  # getrusage counts the parent before exec, too
peak = int(status.partition("VmHWM:")[2].split()[0]) / 1e3
print(f"memory: {run.n_frames} frames, {run.positions.nbytes / 1e6:.0f} MB of positions, "
      f"peak {peak:.0f} MB resident")
"""


def main() -> None:
    """Time all readers on the same frames."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=25_400)
    n_frames = parser.parse_args().frames
    with tempfile.TemporaryDirectory() as name:
        text, binary = Path(name) / "run.lammpstrj", Path(name) / "run.bin"
        write_dumps(Path(name), n_frames)
        print(f"{n_frames} frames of {N_ATOMS} atoms: text {text.stat().st_size / 1e6:.0f} MB, "
              f"binary {binary.stat().st_size / 1e6:.0f} MB", flush=True)  # fmt: skip
        for function, path in ((ours, text), (by_pyarrow, text)):  # loads what is compiled
            function(_beginning(path))
        wall, cpu = timed(by_ase, text, 1)
        print(f"{'ASE':28s} {wall:6.2f} s, CPU {cpu:6.2f} s", flush=True)
        for label, function, path in (
            ("ours", ours, text),
            ("pyarrow's CSV reader alone", by_pyarrow, text),
            ("binary, mapped by numpy", by_binary, binary),
        ):
            own_wall, own_cpu = timed(function, path, 3)
            print(f"{label:28s} {own_wall:6.2f} s, CPU {own_cpu:6.2f} s; times faster than ASE: "
                  f"{wall / own_wall:.1f}, CPU {cpu / own_cpu:.1f}", flush=True)  # fmt: skip
        error = np.abs(ours(text) - by_binary(binary)).max()
        print(f"text with 8 decimals differs from binary by up to {error:.1e} Å")
        command = [sys.executable, "-c", PEAK, str(text), str(min(n_frames, 20_000)), *SPECIES]
        subprocess.run(command, check=True)


def _beginning(path: Path) -> Path:
    """Return a file with the first frames of a dump."""
    short = path.with_name(f"short{path.suffix}")
    with path.open("rb") as file:
        short.write_bytes(file.read(next(frames_of(path, 1 << 20))[-1].stop))
    return short


if __name__ == "__main__":
    main()
