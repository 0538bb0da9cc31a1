"""How sodium moves in a glass of 504 atoms at three temperatures: a study and its page.

    python bench/glass_ions.py FOLDER [--page docs/validation/glass_ions.md]

The study is the file below, run by ``amorph run`` in FOLDER; one that was stopped goes on. It takes
75 minutes of CPU time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from _page import write_results
from amorph_flows.report.drawing._paper import PaperFormat, paper_figure
from amorph_flows.report.glass import ion_sections
from amorph_flows.schemas.ion_dynamics import IonDynamicsDoc
from amorph_flows.schemas.ion_mobility import IonMobilityDoc
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.store import latest, open_store

STUDY = """\
kind: glass
composition: NaFePO4
potential: pedone
preset: glass-demo
atoms: 501
n_glasses: 1
ion: Na+
folder: results
leave_out: [transition, elastic]
overrides:
  glasses.schedule.rate_k_per_ps: 30
  ions:
    temperatures_k: [700, 900, 1100]
    heatings: [nvt]
    rate_k_per_ps: 20
    equilibration_fs: 20000
    production_fs: 1000000
    time_step_fs: 2.0
    frame_stride: 50
"""
IMAGES: dict[str, PaperFormat] = {
    "arrhenius": "svg",
    "msd": "svg",
    "van-hove": "svg",
    "hops": "svg",
    "fast-slow-rdf": "svg",
    "rings": "svg",
    "path-slowest": "png",
    "path-median": "png",
    "path-fastest": "png",
}


def table(transport: TransportDoc, around: IonMobilityDoc) -> str:
    """Return the numbers as Markdown, and what the verdicts say."""
    lines = [
        "| T, K | D*, cm²/s | 95 % | believed | Haven ratio | σ, S/cm | memory time, ps |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for at in transport.temperatures:
        low, high = at.tracer_diffusivity_interval_cm2_s
        cells = [
            f"{at.temperature_k:g}",
            f"{at.tracer_diffusivity_cm2_s:.2e}",
            f"{low:.2e} to {high:.2e}",
            "yes" if at.believable else "no",
            _with(at.haven_ratio, at.haven_ratio_interval),
            _with(at.conductivity_s_cm, at.conductivity_interval_s_cm),
            _with(None if at.memory_time_fs is None else at.memory_time_fs / 1e3, None),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    energy = _with(transport.activation_energy_ev, transport.activation_energy_interval_ev)
    lines += ["", f"Activation energy: {energy} eV.", ""]
    doubts = [f"- {at.temperature_k:g} K: {doubt}" for at in transport.temperatures
              for doubt in at.verdicts if not doubt.passed]  # fmt: skip
    doubts += [f"- all: {verdict}" for verdict in transport.verdicts if not verdict.passed]
    lines += doubts or ["All verdicts passed."]
    lines += [
        "",
        f"Fast and slow ions after {around.lag_fs / 1e3:g} ps at {around.temperature_k:g} K, and "
        f"their neighbours within {around.cutoff_a:g} Å:",
        "",
        "| ions | Na | O | P | Fe | to the nearest centre of a ring, Å | size of that ring |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for group in ("fast", "slow", "all"):
        near = [f"{around.neighbours[f'{group}-{e}']:.2f}" for e in ("Na", "O", "P", "Fe")]
        if around.rings is not None:
            near.append(f"{around.rings.nearest_distance_a[group]:.2f}")
            near.append(f"{around.rings.nearest_size[group]:.2f}")
        lines.append(f"| {group} | {' | '.join(near)} |")
    return "\n".join(lines) + "\n"


def _with(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "-"
    ends = "" if interval is None else f" ({interval[0]:.3g} to {interval[1]:.3g})"
    return f"{value:.3g}{ends}"


def main() -> None:
    """Run, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    (given.folder / "glass.yaml").write_text(STUDY, encoding="utf-8")
    amorph = Path(sys.executable).with_name("amorph")
    subprocess.run([amorph, "run", "glass.yaml", "-j", "2"], cwd=given.folder, check=True)
    store = open_store(given.folder / "results")
    ions, transport, around = (
        latest(store, kind) for kind in (IonDynamicsDoc, TransportDoc, IonMobilityDoc)
    )
    text = table(transport, around)
    print(text)
    if given.page is None:
        return
    write_results(given.page, text)
    (section,) = ion_sections(ions, [transport], [around])
    for panel in section.panels:
        name = panel.name.removeprefix(f"{section.name}-")
        if name in IMAGES:
            image = given.page.parents[1] / "images" / "glass_ions" / f"{name}.{IMAGES[name]}"
            image.parent.mkdir(exist_ok=True)
            image.write_bytes(paper_figure(panel.figure, IMAGES[name]))


if __name__ == "__main__":
    main()
