"""FireWorks still finds its files where we look for them before it is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
from amorph_flows.upstream.fireworks import fireworks_may_be_configured
before = fireworks_may_be_configured()
from fireworks import fw_config
print(before, fw_config.LAUNCHPAD_LOC is not None)
"""
PLACES = {
    "nowhere": None,
    "launchpad here": "my_launchpad.yaml",
    "configuration here": "FW_config.yaml",
    "launchpad at home": "home/.fireworks/my_launchpad.yaml",
    "configuration at home": "home/.fireworks/FW_config.yaml",
    "a variable": "somewhere/FW_config.yaml",
}


@pytest.mark.parametrize("place", PLACES)
def test_files_are_found_where_fireworks_finds_them(tmp_path, place):
    variables = {**os.environ, "HOME": str(tmp_path / "home")}
    variables.pop("FW_CONFIG_FILE", None)
    if PLACES[place] is not None:
        file = tmp_path / PLACES[place]
        file.parent.mkdir(parents=True, exist_ok=True)
        is_launchpad = file.name == "my_launchpad.yaml"
        file.write_text(
            "host: localhost\n" if is_launchpad else f"LAUNCHPAD_LOC: {file.parent}/other.yaml\n"
        )
    if place == "a variable":
        variables["FW_CONFIG_FILE"] = str(file)
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=variables, check=True
    )
    expected = place != "nowhere"
    assert done.stdout.split() == [str(expected), str(expected)], done.stderr


def test_fireworks_looks_beside_its_package_and_nowhere_else():
    import fireworks.fw_config

    source = Path(fireworks.fw_config.__file__).read_text()
    assert (
        'test_paths = [os.getcwd(), os.path.join(os.path.expanduser("~"), ".fireworks")' in source
    )
    assert "root_dir = os.path.dirname(module_dir)" in source
