"""What a run found, as the text on its pages in Prefect and MLflow."""

from __future__ import annotations

from prefect import runtime

from flows.results import Result


def note(result: Result, elsewhere: str) -> str:
    """Markdown: the choice, the verdicts, and where the rest is."""
    lines = "\n".join(f"- {sentence}" for sentence in (*result.verdicts, *result.notes))
    experiment = result.parameters.experiment or "files"
    return f"# {experiment}: use {result.chosen}\n\n{lines}\n\n{elsewhere}\n"


def prefect_run() -> str:
    """The flow run under way, as a link where its server has pages."""
    name, url = runtime.flow_run.name, runtime.flow_run.ui_url
    return f"Prefect run: [{name}]({url})" if url else f"Prefect run: {name}"
