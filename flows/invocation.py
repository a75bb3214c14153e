"""From the words of a command line to a flow run, and from its report to files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import ValidationError

from features.errors import UserError
from features.sources import SOURCES
from flows import steps
from flows.delivery import Report
from flows.form import one_sentence
from flows.outputs import CSV, records, summary
from flows.parameters import (
    BacktestParameters,
    ForecastParameters,
    RetrainParameters,
    SearchParameters,
)
from flows.presets import PRESETS
from flows.tracking.runs import TrackedRun
from flows.up.temporary_server import start_server

if TYPE_CHECKING:
    import pandas as pd

    from flows.score import Score

FlowName = Literal["forecast", "backtest", "search", "retrain"]
AnyParameters = ForecastParameters | BacktestParameters | SearchParameters | RetrainParameters
FORMS: dict[FlowName, type[AnyParameters]] = {
    "forecast": ForecastParameters,
    "backtest": BacktestParameters,
    "search": SearchParameters,
    "retrain": RetrainParameters,
}


def parameters_of(
    flow: FlowName,
    source: str | None,
    config: Path | None,
    options: dict[str, Any],
    settings: list[str],
) -> AnyParameters:
    """The parameters from, each over those before: preset, file, options, `key=value` settings.

    Args:
        flow: whose parameters.
        source: name or path; that of the file where None.
        config: YAML or JSON file with fields of the parameters.
        options: dotted name of a field to its value.
        settings: texts `dotted.key=value`, the value in YAML.

    Raises:
        UserError: no source, or a file or a value that cannot be used.
    """
    written = _read(config) if config else {}
    source = source or written.get("source")
    if source is None:
        raise UserError(
            f"no source is named, expected {', '.join(SOURCES)} or the path of a file; name one"
        )
    below = _merge(dict(PRESETS.get(source, {})), written) | {"source": source}
    fields = laid_over(below, None, options, settings)
    try:
        return FORMS[flow].model_validate(fields)
    except ValidationError as error:
        raise UserError(one_sentence(error)) from error


def laid_over(
    below: dict[str, Any], config: Path | None, options: dict[str, Any], settings: list[str]
) -> dict[str, Any]:
    """Fields of parameters from, each over those before: `below`, file, options, settings.

    Raises:
        UserError: a file or a setting that cannot be read.
    """
    fields = _merge(below, _read(config) if config else {})
    for key, value in [*options.items(), *map(_parse, settings)]:
        _set(fields, key, value)
    return fields


def conduct(parameters: AnyParameters) -> Report:
    """Run the flow that the parameters are of.

    A file is looked at first: what is wrong with it is said at once, before any server starts.
    """
    if parameters.source not in SOURCES:
        steps.rehearse(parameters)
    if sys.stderr.isatty():
        print(f"{_occupation(parameters)} on {parameters.source} …", file=sys.stderr)
    start_server()
    if isinstance(parameters, ForecastParameters):
        from flows.forecast import forecast

        return forecast(parameters)
    if isinstance(parameters, SearchParameters):
        from flows.search import search

        return search(parameters)
    if isinstance(parameters, RetrainParameters):
        from flows.retrain import retrain

        return retrain(parameters)
    from flows.backtest import backtest

    return backtest(parameters)


def follow(parameters: ForecastParameters) -> Score:
    """Run the flow `score`; a file is looked at first."""
    if parameters.source not in SOURCES:
        fetched = steps.fetch_data(parameters)
        steps.panel_of(fetched, steps.settle(parameters, fetched))
    start_server()
    from flows.score import score

    return score(parameters)


def _occupation(parameters: AnyParameters) -> str:
    if isinstance(parameters, SearchParameters):
        return f"Searching settings of {len(parameters.networks)} networks"
    if isinstance(parameters, ForecastParameters) and parameters.champion:
        return "Forecasting by the champion"
    return f"Comparing {len(parameters.models)} models"


def hand_over(report: Report, json_to: str | None, csv_to: str | None) -> None:
    """Write the result where scripts read it; `-` is standard output."""
    result = report.result
    if json_to:
        write_summary(json_to, summary(result), report.folder, report.run)
    if csv_to:
        table = result.backtest if result.future is None else result.forecast
        write_table(csv_to, table)


def write_summary(target: str, found: dict[str, Any], folder: Path, run: TrackedRun) -> None:
    """Write a summary, and where the run is."""
    places = {"folder": str(folder), "mlflow_run_id": run.id, "mlflow_tracking_uri": run.shown_uri}
    write(target, json.dumps(found | places, indent=2, ensure_ascii=False) + "\n")


def write_table(target: str, table: pd.DataFrame) -> None:
    """Write a table as CSV."""
    write(target, table.to_csv(index=False, **CSV))


def hand_over_score(score: Score, json_to: str) -> None:
    """Write what became of earlier forecasts where scripts read it; `-` is standard output."""
    followup = score.followup
    found = {
        "sentences": followup.sentences,
        "scores": records(followup.table),
        "points": records(followup.points),
        "drift": records(followup.drift),
        "folder": str(score.folder),
        "mlflow_run_id": score.run.id,
    }
    write(json_to, json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def _read(config: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(config.read_text(encoding="utf-8"))  # JSON is YAML
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"cannot read the parameters in {config}: {reason}") from error
    if not isinstance(content, dict):
        raise UserError(
            f"{config} holds {type(content).__name__}, expected the names and values of parameters"
        )
    return content


def _parse(setting: str) -> tuple[str, Any]:
    key, mark, value = setting.partition("=")
    if not mark or not key:
        raise UserError(f"--set got '{setting}', expected KEY=VALUE such as network.hidden=128")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise UserError(f"--set {key} got '{value}', which is not a YAML value") from error


def _set(fields: dict[str, Any], key: str, value: Any) -> None:
    """Set `fields[a][b]` for the key `a.b`."""
    *groups, last = key.split(".")
    for group in groups:
        inner = fields.get(group)
        fields[group] = dict(inner) if isinstance(inner, dict) else {}
        fields = fields[group]
    fields[last] = value


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, group by group."""
    merged = dict(below)
    for key, value in above.items():
        inner = merged.get(key)
        if isinstance(inner, dict) and isinstance(value, dict):
            merged[key] = _merge(inner, value)
        else:
            merged[key] = value
    return merged


def write(target: str, text: str) -> None:
    """Write `text` into a file, or to standard output where the target is `-`."""
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror}; name another file") from error
