"""What Prefect's pages show of a chapter."""

from __future__ import annotations

from prefect.artifacts import create_link_artifact, create_markdown_artifact

from flows.artifacts import embedded
from flows.text.course import chapter
from flows.text.teaching import ChapterReport, table


def leave_artifacts(report: ChapterReport) -> None:
    """The models and the examples with their figures, and a link to the MLflow run."""
    key = f"text-chapter-{report.number}"
    create_markdown_artifact(as_markdown(report), key=key)
    if report.run.link:
        create_link_artifact(report.run.link, link_text="MLflow run", key=f"{key}-mlflow")


def as_markdown(report: ChapterReport) -> str:
    """A page: what each example teaches, its figure, and a table of the models."""
    parts = [f"# {report.title}"]
    for example in chapter(report.number):
        path = report.folder / example.look
        if path.exists():
            parts.append(f"## {example.number} {example.title}\n\n{example.learn}")
            if path.suffix == ".png":
                parts.append(f"![{example.title}]({embedded(path)})")
    if report.models:
        parts.append(_table(report))
    parts.append(f"Files: `{report.folder}`")
    return "\n\n".join(parts) + "\n"


def _table(report: ChapterReport) -> str:
    columns = ["model", "example", "epochs", "validation_loss"]
    rows = table(report.models)[columns].fillna("").astype(str).values.tolist()
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
