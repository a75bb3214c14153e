"""The command `forecastle deploy`: what can be started, on a Prefect server of one's own."""
# Typer reads the annotations below as objects: no `from __future__ import annotations` here.

from typing import Annotated

import typer

from flows.cli.options import Home, prepare

Pool = Annotated[
    str, typer.Option(help="Kind of the work pool, where it is new: process, kubernetes, …")
]
AtOnce = Annotated[int, typer.Option(min=1, help="Backtests and audits that run at once.")]


def deploy(home: Home = None, pool: Pool = "process", at_once: AtOnce = 1) -> None:
    """Register work pool, deployments and schedules on a server."""
    prepare(home)
    from flows.deployments.deploying import deploy as run
    from flows.settings import Settings

    found = run(Settings().home, pool, at_once)
    print(f"{found.server} has {len(found.names)} deployments: {', '.join(found.names)}")
    print(f"By schedule: {', '.join(found.scheduled) or 'none; see docs/operations.md'}")
