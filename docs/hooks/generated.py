"""Parts of the documentation that are made from the code when it is built."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

from typer.testing import CliRunner

from amorph_flows import schemas
from amorph_flows.cli import app
from amorph_flows.flows import AmorphousElectrodeMaker
from amorph_flows.study.overrides import override_names

COMMANDS = (
    *("demo", "plan", "run", "submit", "status", "rescue", "report"),
    *("compare", "compare-studies", "query", "relabel", "export", "init", "doctor"),
    *("install-backend", "build-plugin"),
)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace every marker of a page by what it stands for."""
    for marker, make in GENERATED.items():
        if marker in markdown:
            markdown = markdown.replace(marker, make())
    return markdown


def document_tables() -> str:
    """Return the fields of every document, by stage."""
    return "\n".join(line for module in _modules() for line in _stage(module))


def preset_table() -> str:
    """Return every option of a study with its value in each preset."""
    names = ("choyal2025", "laptop", "demo")
    makers = {name: AmorphousElectrodeMaker.from_preset(name) for name in names}
    lines = [f"| option | {' | '.join(names)} |", "| --- | --- | --- | --- |"]
    engines = [maker.engine.info().name for maker in makers.values()]
    lines.append(f"| `engine` | {' | '.join(engines)} |")
    for name in filter(_is_option, override_names(makers["choyal2025"])):
        values = [_cell(_value(maker, name)) for maker in makers.values()]
        lines.append(f"| `{name}` | {' | '.join(values)} |")
    return "\n".join(lines)


def command_help() -> str:
    """Return what ``--help`` says of every command."""
    blocks = []
    for command in COMMANDS:
        result = CliRunner(env={"COLUMNS": "96", "TERM": "dumb"}).invoke(
            app, [command, "--help"], prog_name="amorph"
        )
        blocks.append(f"## amorph {command}\n\n```text\n{result.output.strip()}\n```\n")
    return "\n".join(blocks)


def _modules() -> Iterator[Any]:
    for found in pkgutil.iter_modules(schemas.__path__):
        yield importlib.import_module(f"{schemas.__name__}.{found.name}")


def _stage(module: Any) -> Iterator[str]:
    models = [
        model
        for model in vars(module).values()
        if isinstance(model, type)
        and getattr(model, "__pydantic_fields__", {})
        and model.__module__ == module.__name__
    ]
    if not models:
        return
    yield f"\n## {module.__name__.rpartition('.')[2]}\n"
    for model in models:
        yield f"### {model.__name__}\n"
        yield f"{(model.__doc__ or '').strip().splitlines()[0]}\n"
        yield "| field | type | what |"
        yield "| --- | --- | --- |"
        described = _described(model)
        for name, field in model.__pydantic_fields__.items():
            what = field.description or described.get(name, "")
            yield f"| `{name}` | `{_type(field.annotation)}` | {what} |"
        yield ""


def _described(model: type) -> dict[str, str]:
    """Return what the docstrings of a dataclass and its bases say of its fields."""
    found = {}
    for kind in reversed(model.__mro__):
        text = inspect.getdoc(kind) or ""
        for names, what in re.findall(r"^([a-z0-9_, ]+)\n((?:    .+\n?)+)", text, re.MULTILINE):
            found |= dict.fromkeys(names.split(", "), " ".join(what.split()))
    return found


def _type(annotation: Any) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    if "PlainValidator" in text or "ndarray" in text:
        return "Array"
    for prefix in MODULES:
        text = text.replace(prefix, "")
    while "amorph_flows.schemas." in text:
        before, _, after = text.partition("amorph_flows.schemas.")
        text = before + after.partition(".")[2]
    return text.replace("|", "\\|")


def _is_option(name: str) -> bool:
    """Return whether a study heeds a field; some stages are given those of others."""
    taken_over = name.startswith(("active_learning.fit.", "voltage.insertion."))
    elsewhere = name.rpartition(".")[2] in {"name", "preset", "references"}
    return not (taken_over or "engine." in name or elsewhere)


def _value(maker: Any, name: str) -> Any:
    for part in name.split("."):
        maker = getattr(maker, part)
    return maker


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,g}".replace(",", "\u202f")
    return f"`{value!r}`".replace("|", "\\|")


MODULES = (
    *("typing.", "pymatgen.core.structure."),
    *("amorph_flows.datasets.frames.", "amorph_flows.analysis.verdict."),
)

GENERATED: dict[str, Callable[[], str]] = {
    "<!-- documents -->": document_tables,
    "<!-- presets -->": preset_table,
    "<!-- commands -->": command_help,
}
