"""What the Prefect UI shows of a run that has ended: verdicts, leaderboard, a figure, links.

The figure travels in the text: the address by which a worker reaches the MLflow server may mean
nothing to a browser, and without a server there is none.
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.delivery import Report
from flows.files import file_name
from flows.note import note
from flows.outcome import Outcome
from flows.outputs import BEST
from flows.parameters import SearchParameters
from flows.tracking.runs import TrackedRun

_COLOURS = 64
"""That are kept of a figure."""


def leave(report: Report) -> None:
    """Leave everything with the flow run under way."""
    run, outcome = report.run, Outcome.of(report.result)
    key = key_of(run.experiment)
    create_markdown_artifact(as_markdown(report), key=f"{key}-verdict")
    columns = outcome.columns
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    create_table_artifact(rows, key=f"{key}-leaderboard", description=_legend(outcome))
    if run.link:
        create_link_artifact(report_link(run), link_text="Report", key=f"{key}-report")
        create_link_artifact(run.link, link_text="MLflow run", key=f"{key}-mlflow")


def as_markdown(report: Report) -> str:
    """What the run came to, a figure of it, and where everything is."""
    caption, figure = main_figure(report)
    parts = [f"![{caption}]({embedded(figure)})", caption, "\n".join(_places(report))]
    return note(report.result, "\n\n".join(parts))


def _legend(outcome: Outcome) -> str:
    legend = [line.replace("*", "\\*") for line in outcome.legend]  # no bullet
    return "\n\n".join([f"**{outcome.title}**", outcome.extent, *legend])


def _places(report: Report) -> list[str]:
    run, folder = report.run, report.folder
    if run.link:
        places = [f"[Report]({report_link(run)}), [MLflow run]({run.link})"]
    else:
        places = [
            f"Report: `{folder / 'report.html'}`",
            f"MLflow run: `{run.id}` in `{run.shown_uri}`",
        ]
    if isinstance(report.result.parameters, SearchParameters):
        places.append(f"Settings of the best trial: `{folder / BEST}`, for `--config`")
    return [f"- {place}" for place in places]


def report_link(run: TrackedRun) -> str:
    """The page of MLflow that shows a run's report."""
    return f"{run.link}/artifacts/results/report.html"


def main_figure(report: Report) -> tuple[str, Path]:
    """A caption and a PNG of the run: the forecast, or how the models err."""
    result = report.result
    if result.future is None:
        return "The error of each model, by step ahead", report.folder / "error-by-horizon.png"
    first = result.panel.ids[0]
    more = len(result.panel) - 1
    others = f"; the report has the other {more} series" if more else ""
    return f"The forecast of {first}{others}", report.folder / f"forecast-{file_name(first)}.png"


def embedded(figure: Path) -> str:
    """A PNG as a URL that holds it, in a third of its bytes: some 30 KB a run in a database."""
    from PIL import Image

    small = io.BytesIO()
    with Image.open(figure) as image:
        image.convert("RGB").quantize(_COLOURS).save(small, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(small.getvalue()).decode()}"


def key_of(experiment: str) -> str:
    """How the keys of an experiment's artifacts in Prefect begin."""
    return re.sub(r"[^a-z0-9]+", "-", experiment.lower()).strip("-") or "run"
