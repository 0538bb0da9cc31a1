"""Results of a benchmark on a page of the docs."""

from __future__ import annotations

from pathlib import Path


def write_results(page: Path, text: str, name: str = "results") -> None:
    """Replace what stands between the two marks of a name on a page."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    head, _, rest = page.read_text(encoding="utf-8").partition(begin)
    tail = rest.partition(end)[2]
    page.write_text(f"{head}{begin}{text}{end}{tail}", encoding="utf-8")
