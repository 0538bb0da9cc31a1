"""The pages on clusters and stores: commands that exist, files that are there, YAML that loads."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.study.study_file import load_study

ROOT = Path(__file__).parents[3]
TUTORIAL = ROOT / "docs" / "cluster" / "tutorial.md"
PAGES = [TUTORIAL, TUTORIAL.with_name("mongodb.md"), ROOT / "docs" / "store.md"]


def blocks(page: Path, kind: str = "") -> list[str]:
    """Return the blocks of a page in one language."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for language, block in found if language == kind]


def commands() -> list[tuple[str, ...]]:
    """Return the `amorph` commands of the pages, in blocks and in sentences."""
    found = set()
    for page in PAGES:
        lines = [line for block in blocks(page) for line in block.splitlines()]
        quoted = re.findall(r"`(amorph [^`]+)`", page.read_text(encoding="utf-8"))
        for line in lines + [" ".join(text.split()) for text in quoted]:
            _, here, rest = line.partition("amorph ")
            if here and line.split("amorph ")[0].strip() in (
                "",
                "srun --cpus-per-task 2 --time 00:30:00 --pty",
            ):
                found.add(tuple(shlex.split(rest)))
    return sorted(found)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_and_their_options_exist(words: tuple[str, ...]) -> None:
    known = typer.main.get_command(app).commands
    assert words[0] in known, words
    options = {name for part in known[words[0]].params for name in part.opts}
    given = {word for word in words[1:] if word.startswith("-")}
    assert given <= options | {"--help"}


def test_there_are_commands_on_the_pages() -> None:
    named = {words[0] for words in commands()}
    assert named >= {"init", "doctor", "submit", "status", "rescue", "report", "query", "export"}


def test_the_study_file_of_the_tutorial_loads(tmp_path: Path) -> None:
    [text] = [block for block in blocks(TUTORIAL, "yaml") if "structure:" in block]
    (tmp_path / "v2o5.yaml").write_text(text)
    shutil.copy(ROOT / "examples" / "V2O5.cif", tmp_path / "V2O5.cif")
    study = load_study(tmp_path / "v2o5.yaml")
    assert (study.engine, study.preset, set(study.workers)) == (
        *("VASP", "choyal2025"),
        {"dft", "md", "fit", "light"},
    )


def test_init_writes_the_files_that_the_tutorial_names(tmp_path: Path) -> None:
    folder = tmp_path / "fireworks"
    done = CliRunner().invoke(app, ["init", "fireworks", str(folder), "--queue", "slurm"])
    assert done.exit_code == 0, done.output
    text = TUTORIAL.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:my|FW)_[a-z_]+\.yaml", text)) | {"jobflow.yaml"}
    named |= {f"my_fworker_{kind}.yaml" for kind in ("dft", "md", "fit", "light")}
    assert {name for name in named if not (folder / name).exists()} == set()
    assert "CHANGE_ME" in (folder / "my_launchpad.yaml").read_text()
    assert (folder / "my_launchpad.yaml").stat().st_mode & 0o077 == 0
    assert "ATOMATE2_VASP_CMD" in (folder / "my_qadapter_dft.yaml").read_text()
    assert (" -r " in text) == (" -r " in (folder / "my_qadapter_dft.yaml").read_text())


def test_the_server_of_the_page_is_not_open_to_all() -> None:
    [text] = [b for b in blocks(TUTORIAL.with_name("mongodb.md"), "yaml") if "storage:" in b]
    settings = yaml.safe_load(text)
    assert settings["security"]["authorization"] == "enabled"
    assert "0.0.0.0" not in settings["net"]["bindIp"]
    assert settings["net"]["tls"]["mode"] == "requireTLS"
