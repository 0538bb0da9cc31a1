"""Files are replaced in one step, and hashes are those that documents hold."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from amorph_flows.files import replace_file, replacement
from amorph_flows.hashes import sha256_of, sha256_of_file


@pytest.mark.parametrize("content", ["V₂O₅\n", b"\x00\xff"])
def test_a_file_is_replaced_and_nothing_is_left_beside_it(
    tmp_path: Path, content: str | bytes
) -> None:
    file = tmp_path / "held.json"
    for _ in range(2):
        replace_file(file, content)
    assert file.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [file]


def test_a_failed_replacement_leaves_the_old_contents(tmp_path: Path) -> None:
    file = tmp_path / "held.json"
    replace_file(file, "old")

    def fail_half_way() -> None:
        with replacement(file, durable=True) as new:
            new.write_text("ne")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail_half_way()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_hashes_of_parts_text_and_files(tmp_path: Path) -> None:
    file = tmp_path / "held"
    file.write_bytes("MgV₂O₅".encode())
    expected = hashlib.sha256("MgV₂O₅".encode()).hexdigest()
    assert sha256_of("MgV₂O₅") == sha256_of("Mg", "V₂O₅".encode()) == expected
    assert sha256_of_file(file) == expected
