"""The command `forecastle audit`."""

from __future__ import annotations

import json as jsonlib
import textwrap
from typing import TYPE_CHECKING

import typer

from flows.cli.options import (
    AsOf,
    Config,
    Device,
    Epochs,
    Home,
    Horizon,
    Json,
    Latitude,
    Longitude,
    LookBack,
    Models,
    RefitEvery,
    Seed,
    Set,
    Source,
    Station,
    Stride,
    Symbols,
    live,
    named,
    prepare,
)

if TYPE_CHECKING:
    from flows.audit.inspection import Findings

LEAK = 4
"""Exit code where something leaks."""
WIDTH = 80


def audit(
    source: Source = None,
    horizon: Horizon = None,
    models: Models = None,
    look_back: LookBack = None,
    epochs: Epochs = None,
    seed: Seed = None,
    device: Device = None,
    stride: Stride = None,
    symbols: Symbols = None,
    station: Station = None,
    lat: Latitude = None,
    lon: Longitude = None,
    as_of: AsOf = None,
    refit_every: RefitEvery = None,
    config: Config = None,
    set_: Set = None,
    json: Json = None,
    home: Home = None,
) -> None:
    """Look for leaks of the future in SOURCE and in every step. Exit code 4: there is one."""
    prepare(home)
    from flows import invocation
    from flows.audit.inspection import inspect
    from flows.parameters import BacktestParameters

    options = named(horizon, models, look_back, epochs, seed, device, stride)
    options |= live(symbols, station, lat, lon, as_of) | {"refit_every": refit_every}
    given = {key: value for key, value in options.items() if value is not None}
    parameters = invocation.parameters_of("backtest", source, config, given, set_ or [])
    assert isinstance(parameters, BacktestParameters)
    findings = inspect(parameters)
    if json:
        invocation.write(json, as_json(findings))
    if json != "-":
        print(as_text(findings))
    if not findings.clean:
        raise typer.Exit(LEAK)


def as_json(findings: Findings) -> str:
    """The findings for scripts."""
    from flows.audit.inspection import rows_of

    content = {
        "clean": findings.clean,
        "leaks": list(rows_of(findings.leaks)),
        "notes": findings.notes,
        "steps": findings.steps,
        "origins": [origin.isoformat() for origin in findings.origins],
        "seconds": round(findings.seconds, 2),
        "parameters": findings.parameters.model_dump(mode="json"),
    }
    return jsonlib.dumps(content, indent=2, ensure_ascii=False) + "\n"


def as_text(findings: Findings) -> str:
    """The findings for people, in 80 columns: a line a step, then a sentence a leak."""
    from evaluation.audit.leak import day
    from evaluation.kinds import networks

    leaking = {leak.step for leak in findings.leaks}
    lines = [_wrapped(f"Leak audit of {findings.title}"), ""]
    lines += [f"  {s:<20}{'LEAKS' if s in leaking else 'clean'}" for s in findings.steps]
    lines += ["", *(_wrapped(leak.sentence) for leak in findings.leaks)]
    lines += [_wrapped(note) for note in findings.notes]
    count = len(findings.leaks)
    verdict = "nothing leaks" if findings.clean else f"{count} leak{'s' * (count > 1)}"
    dates = ", ".join(day(origin) for origin in findings.origins[:4])
    trained = "networks trained for one epoch; " * bool(networks(findings.parameters.models))
    more = f" and {len(findings.origins) - 4} more" * (len(findings.origins) > 4)
    lines += [
        "",
        _wrapped(
            f"{verdict[0].upper()}{verdict[1:]}. Tried with another future after {dates}{more}; "
            f"{trained}{findings.seconds:.0f} s."
        ),
    ]
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
