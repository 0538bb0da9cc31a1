"""The group of all commands, which shows an error as one line and tracebacks on demand."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperGroup
from typing_extensions import override

from amorph_flows.errors import AmorphFlowsError, AmorphFlowsWarning
from amorph_flows.upstream.variables import rename_store_variable

if TYPE_CHECKING:
    from pydantic_core import ValidationError

_ORDER = (
    *("demo", "plan", "run", "submit", "status", "rescue", "report"),
    *("compare-studies", "query", "relabel", "export", "init", "doctor"),
    *("install-backend", "build-plugin"),
)
_DEBUG = "amorph_flows.debug"


class _CommandGroup(TyperGroup):
    """Commands whose errors are one line on stderr and exit code 2; ``--debug`` shows more."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands in the order of their use."""
        known = super().list_commands(ctx)
        return sorted(known, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take ``--debug`` from wherever it stands."""
        ctx.meta[_DEBUG] = "--debug" in args
        return super().parse_args(ctx, [arg for arg in args if arg != "--debug"])

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            said = _said(error)
            if said is None or ctx.meta[_DEBUG]:
                raise
            typer.echo(f"amorph: {_masked(' '.join(said.split()))}", err=True)
            raise typer.Exit(2) from error


def _masked(text: str) -> str:
    """Return a text without passwords; the import is left for when there is something to hide."""
    if "://" not in text:
        return text
    from amorph_flows.store.opening import masked

    return masked(text)


def _said(error: Exception) -> str | None:
    """Return the line for an error that the user can act on, else None."""
    if isinstance(error, AmorphFlowsError):
        return str(error)
    # pydantic and pymongo are not imported for this: it would slow every command
    if type(error).__name__ == "ValidationError" and getattr(error, "title", "") == "Settings":
        first = cast("ValidationError", error).errors()[0]
        variable = f"AMORPH_{first['loc'][0]}".upper()
        return f"environment variable {variable}: {first['msg']}, got {first['input']!r}"
    if type(error).__module__ == "pymongo.errors":
        said = str(error).partition(" (configured timeouts")[0]
        return f"MongoDB: {said}; check that the server is running"
    return None


app = typer.Typer(
    cls=_CommandGroup,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from amorph_flows import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def amorph(
    version: Annotated[  # noqa: ARG001 the option acts by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[  # noqa: ARG001 taken by the group
        bool,
        typer.Option(
            "--debug", help="Show tracebacks of errors; can be given anywhere on the line."
        ),
    ] = False,
) -> None:
    """From a crystal to voltages and diffusivities of its amorphous form.

    Start with `amorph demo` (minutes on two cores, no licence and no server), then
    write a study file and give it to `amorph run`. A command that was stopped or killed
    goes on where it was when it is given again.

    Documents go to the study's folder; a store set in jobflow's configuration file or by
    JOBFLOW_JOB_STORE (a file that describes it, or a MongoDB address) is used instead.
    """
    rename_store_variable("AMORPH_JOB_STORE")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", AmorphFlowsWarning)
        warnings.showwarning = _show_warning


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    typer.echo(f"amorph: warning: {' '.join(str(message).split())}", err=True)
