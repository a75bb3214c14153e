"""The commands `forecastle up`, `status` and `doctor`."""
# Typer reads the annotations below as objects: no `from __future__ import annotations` here.

import json as jsonlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flows.up.running import Running

Home = Annotated[
    Path | None,
    typer.Option(
        help="Folder of everything that is kept.  [default: forecastle_home]", show_default=False
    ),
]
Host = Annotated[str, typer.Option(help="Address that both servers listen on.")]
LOCAL = ("127.0.0.1", "localhost", "::1")
DANGER = (
    "warning: on {host} whoever reaches the servers can run code on this machine and read "
    "everything they keep; put a proxy with TLS and a password in front"
)
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]


def add_up(app: typer.Typer) -> None:
    """Give `forecastle` the three commands."""
    for command in (up, status, doctor):
        app.command()(command)


def up(home: Home = None, host: Host = "127.0.0.1") -> None:
    """Run servers, worker and deployments here until Ctrl-C."""
    from flows.up.up import up as run

    if host not in LOCAL:
        print(f"forecastle: {DANGER.format(host=host)}", file=sys.stderr, flush=True)
    run(_home(home), _tell, host)


def status(home: Home = None, json: Json = False) -> None:
    """Say what runs, what is next, how the last runs went, and what is stale."""
    from flows.up.status import as_text, look

    found = look(_home(home))
    print(jsonlib.dumps(found, indent=2, ensure_ascii=False) if json else as_text(found))


def doctor(home: Home = None, json: Json = False) -> None:
    """Look for what is wrong, and say how to mend it. Exit code 1: something is."""
    os.environ["FORECASTLE_HOME"] = str(_home(home))
    from flows.up.doctor import as_text, examine, rows

    found = examine()
    print(jsonlib.dumps(rows(found), indent=2, ensure_ascii=False) if json else as_text(found))
    if any(check.state == "fault" for check in found):
        raise typer.Exit(1)


def use_running() -> None:
    """Name the Prefect server that `forecastle up` runs for this home, if no other is named."""
    from flows.up.running import running

    served = running(_home(None))
    if served:
        os.environ.setdefault("PREFECT_API_URL", f"{served.prefect}/api")


def _home(given: Path | None) -> Path:
    return (given or Path(os.environ.get("FORECASTLE_HOME", "forecastle_home"))).resolve()


def _tell(found: "Running") -> None:
    print(f"Prefect  {found.prefect}", flush=True)
    print(f"MLflow   {found.mlflow}", flush=True)
    print("Ctrl-C stops everything; forecastle status says what runs.", flush=True)
