"""A strict stand-in for AENET's programs: it refuses input as they do, around a small real model.

``python aenet_stand_in.py generate | train | predict INPUT``. The energy of an atom is linear in
radial Chebyshev polynomials of the distances to its neighbours. As the real programs do, it writes
errors to the standard error, ends with exit code 0, and takes the clock for its seed.
"""

from __future__ import annotations

import io
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers
from ase.neighborlist import neighbor_list

ORDER = 8
COMMENTS = ("!", "#", "%")


def fail(message):
    sys.stderr.write(f" Error: {message}\n")
    sys.exit(0)


def lines_of(path):
    if not Path(path).exists():
        fail(f"File not found: {path}")
    lines = [line.strip() for line in Path(path).read_text().splitlines()]
    return [line for line in lines if line and not line.startswith(COMMENTS)]


def blocks(path, keywords):
    """Return the lines of each keyword; every line has to belong to one."""
    found, current = {}, None
    for line in lines_of(path):
        word = line.split()[0]
        if word.upper() in keywords:
            current = word.upper()
            if current in found:
                fail(f"{current} is there twice")
            if current == "FILES" and word != "FILES":
                fail("FILES has to be written in capitals")
            found[current] = [line.split(None, 1)[1]] if len(line.split()) > 1 else []
        elif current is None:
            fail(f"Unknown keyword : {word}")
        else:
            found[current].append(line)
    return found


def counted(found, keyword):
    if keyword not in found:
        fail(f"no {keyword} specified")
    count, rest = int(found[keyword][0]), found[keyword][1:]
    if count != len(rest) or count < 1:
        fail(f"{keyword} has {len(rest)} lines instead of {count}")
    return rest


def read_xsf(path, labelled):
    text = Path(path).read_text() if Path(path).exists() else fail(f"File not found: {path}")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    energy = [float(line.split("=")[1].split()[0]) for line in lines if "total energy" in line]
    lines = [line for line in lines if not line.startswith("#")]
    if lines[0] != "CRYSTAL" or lines[1] != "PRIMVEC" or lines[5] != "PRIMCOORD":
        fail(f"not a valid structure : {path}")
    cell = np.array([line.split() for line in lines[2:5]], dtype=float)
    n, one = lines[6].split()
    rows = [line.split() for line in lines[7:]]
    if len(rows) != int(n) or one != "1" or cell.shape != (3, 3):
        fail(f"not a valid structure : {path}")
    if any(row[0] not in atomic_numbers for row in rows):
        fail("atomic numbers are no symbols")
    if labelled and (len(energy) != 1 or any(len(row) != 7 for row in rows)):
        fail(f"incomplete output data in : {path}")
    atoms = Atoms([r[0] for r in rows], [list(map(float, r[1:4])) for r in rows], cell=cell)
    atoms.pbc = True
    return atoms, energy[0] if energy else None


def read_setup(path, element, species):
    lines = lines_of(path)
    if lines[0].upper() == "DESCR":
        lines = lines[[line.upper() for line in lines].index("END DESCR") + 1 :]
    n = len(species)
    if lines[0].split() != ["ATOM", element] or lines[1].split() != ["ENV", str(n)]:
        fail("Inconsistent atom type in setup:")
    if sorted(lines[2 : 2 + n]) != sorted(species) or not lines[2 + n].startswith("RMIN "):
        fail("atom type not found in setup.")
    rmin = float(lines[2 + n].split()[1])
    if lines[3 + n] != "BASIS type=Chebyshev" or len(lines) != 5 + n:
        fail(f"Unknown basis type: {lines[3 + n]}")
    words = lines[4 + n].replace("=", " ").split()
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    if set(pairs) != {"radial_Rc", "radial_N", "angular_Rc", "angular_N"}:
        fail("Chebyshev basis not understood")
    int(pairs["radial_N"]), int(pairs["angular_N"]), float(pairs["angular_Rc"])
    return float(pairs["radial_Rc"]), rmin


def features(atoms, species, cutoff):
    """Return them, (n_atoms, n), and what derivatives by the distances need."""
    i, j, d, vectors = neighbor_list("ijdD", atoms, cutoff)
    angles = np.arccos(np.clip(2 * d / cutoff - 1, -1, 1))
    orders = np.arange(ORDER)
    fade, dfade = (
        0.5 * (1 + np.cos(np.pi * d / cutoff)),
        -0.5 * np.pi / cutoff * np.sin(np.pi * d / cutoff),
    )
    values = np.cos(orders * angles[:, None])
    slopes = orders * np.sin(orders * angles[:, None]) / np.sin(angles[:, None]) * 2 / cutoff
    radial = values * fade[:, None]
    dradial = slopes * fade[:, None] + values * dfade[:, None]
    symbols = np.array(atoms.get_chemical_symbols())
    kinds = np.array([species.index(symbol) for symbol in symbols])
    out = np.zeros((len(atoms), len(species) * ORDER))
    for neighbour in range(len(species)):
        here = kinds[j] == neighbour
        part = slice(neighbour * ORDER, (neighbour + 1) * ORDER)
        np.add.at(out[:, part], i[here], radial[here])
    return out, (i, j, d, vectors, dradial, kinds)


def generate(path):
    found = blocks(path, ("OUTPUT", "TYPES", "SETUPS", "FILES"))
    types = [line.split() for line in counted(found, "TYPES")]
    species, alone = [t[0] for t in types], [float(t[1]) for t in types]
    setups = dict(line.split() for line in found.get("SETUPS", []))
    if sorted(setups) != sorted(species):
        fail("no basis function SETUPS specified")
    read = [read_setup(setups[e], e, species) for e in species]
    cutoff, rmin = read[0]
    rows, energies, sizes = [], [], []
    for name in counted(found, "FILES"):
        atoms, energy = read_xsf(name, labelled=True)
        if len(neighbor_list("d", atoms, rmin)):
            fail(f"atoms too close in {name}")
        values, (*_, kinds) = features(atoms, species, cutoff)
        whole = np.zeros((len(species), 1 + values.shape[1]))
        for kind, row in zip(kinds, values, strict=True):
            whole[kind] += np.concatenate([[1.0], row])
        rows.append(whole.ravel())
        sizes.append(len(atoms))
        energies.append(energy - sum(alone[kind] for kind in kinds))
    with Path(found["OUTPUT"][0]).open("wb") as file:
        np.savez(
            file, rows=rows, energies=energies, sizes=sizes, species=species, alone=alone,
            cutoff=cutoff,
        )  # fmt: skip
    sys.stdout.write(" Training set generation done.\n")


def train(path):
    known = ("TRAININGSET", "TESTPERCENT", "ITERATIONS", "METHOD", "NETWORKS")
    found = blocks(path, known)
    if found.get("METHOD") != ["bfgs"]:
        fail("unknown METHOD")
    if not Path(found["TRAININGSET"][0]).exists():
        fail(f"File not found: {found['TRAININGSET'][0]}")
    with np.load(found["TRAININGSET"][0]) as file:
        held = dict(file)
    species = held["species"].tolist()
    networks = {}
    for line in found["NETWORKS"]:
        element, name, layers, *nodes = line.split()
        if int(layers) != len(nodes) or any(":" not in node for node in nodes):
            fail(f"architecture not understood: {line}")
        networks[element] = name
    if sorted(networks) != sorted(species):
        fail("atom types have to be defined before networks.")
    rng = np.random.default_rng(time.time_ns())
    n, epochs = len(held["rows"]), int(found["ITERATIONS"][0])
    n_test = max(1, round(n * float(found["TESTPERCENT"][0]) / 100))
    order = rng.permutation(n)
    test, kept = order[:n_test], order[n_test:]
    rows, target = held["rows"] / held["sizes"][:, None], held["energies"] / held["sizes"]
    scale = np.sqrt(np.mean(rows**2, axis=0)) + 1e-12
    matrix = rows / scale
    sys.stdout.write(" Total number of weights (incl. bias) :      42\n\n")
    sys.stdout.write(" epoch             MAE          <RMSE>             MAE          <RMSE>\n")
    weights = rng.normal(0.0, 0.01, len(scale))
    for epoch in range(epochs + 1):
        if epoch:
            ridge = 10.0 ** max(-5, -epoch) * np.eye(len(scale))
            right = target[kept] - matrix[kept] @ weights
            weights += np.linalg.solve(
                matrix[kept].T @ matrix[kept] + ridge, matrix[kept].T @ right
            )
        error = matrix @ weights - target
        numbers = [f(error[part]) for part in (kept, test) for f in (mae, rmse)]
        sys.stdout.write(f" {epoch:5d}  " + "  ".join(f"{x:14.6E}" for x in numbers) + " <\n")
        sys.stdout.flush()
        if Path("STOP").exists():
            sys.stdout.write(" File `STOP' detected.  Training halted.\n")
            break
    parts = (weights / scale).reshape(len(species), -1)
    for element, part in zip(species, parts, strict=True):
        file = io.BytesIO()
        np.savez(file, weights=part, cutoff=held["cutoff"], species=species, alone=held["alone"])
        Path(networks[element]).write_bytes(file.getvalue())
    sys.stdout.write("\n Training finished.\n")


def mae(values):
    return np.mean(np.abs(values))


def rmse(values):
    return np.sqrt(np.mean(values**2))


def predict(path):
    found = blocks(path, ("TYPES", "NETWORKS", "FORCES", "FILES"))
    species = counted(found, "TYPES")
    networks = dict(line.split() for line in found.get("NETWORKS", []))
    if sorted(networks) != sorted(species):
        fail("could not load ANN potentials")
    held = {}
    for element, name in networks.items():
        try:
            with np.load(name) as file:
                held[element] = dict(file)
        except (OSError, ValueError, zipfile.BadZipFile):
            fail("could not load ANN potentials")
    for number, name in enumerate(counted(found, "FILES"), start=1):
        atoms, _ = read_xsf(name, labelled=False)
        evaluate(atoms, held, number, name, forces="FORCES" in found)


def evaluate(atoms, held, number, name, *, forces):
    first = next(iter(held.values()))
    species, alone = first["species"].tolist(), first["alone"]
    values, (i, j, d, vectors, slopes, kinds) = features(atoms, species, float(first["cutoff"]))
    weights = np.array([held[element]["weights"] for element in species])
    cohesive = np.sum(weights[kinds, 0]) + np.sum(weights[kinds, 1:] * values)
    table = weights[:, 1:].reshape(len(species), len(species), ORDER)
    pulls = (np.sum(table[kinds[i], kinds[j]] * slopes, axis=1) / d)[:, None] * vectors
    force = np.zeros((len(atoms), 3))
    np.add.at(force, i, pulls)
    np.add.at(force, j, -pulls)
    say = sys.stdout.write
    say(f" Structure number  : {number}\n File name         : {name}\n\n")
    say(" Cartesian atomic coordinates (input) and corresponding atomic forces:\n\n")
    for symbol, position, pull in zip(
        atoms.get_chemical_symbols(), atoms.positions, force, strict=True
    ):
        shown = [*position, *(pull if forces else ())]
        say(f" {symbol:2s}" + "".join(f"  {x:12.6f}" for x in shown) + "\n")
    say(f"\n Cohesive energy            :  {cohesive:20.8f} eV\n")
    say(f" Total energy               :  {cohesive + np.sum(alone[kinds]):20.8f} eV\n\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        fail("No input file specified.")
    {"generate": generate, "train": train, "predict": predict}[sys.argv[1]](sys.argv[2])
