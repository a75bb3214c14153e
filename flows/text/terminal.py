"""What a person sees when the chapters have been gone through, in 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from flows.cli.terminal import near, show_stores, wrapped
from flows.text.course import chapter
from flows.text.remembered import Model
from flows.text.teaching import ChapterReport


def show(reports: Sequence[ChapterReport]) -> None:
    """A table a chapter of its models, where its figures are, and the store."""
    console = Console(highlight=False, markup=False)
    for report in reports:
        console.print()
        console.print(wrapped(report.title, console.width), style="bold")
        if report.models:
            console.print(_table(report.models, console.width))
        _show_figures(console, report)
    show_stores(console, [report.run for report in reports])


def _table(models: Sequence[Model], width: int) -> Table:
    shown = Table(box=None, padding=(0, 1), header_style="bold", pad_edge=False)
    shown.add_column("", no_wrap=True)
    shown.add_column("model", max_width=max(12, width // 3), overflow="fold")
    shown.add_column("epochs", justify="right", no_wrap=True)
    shown.add_column("loss", justify="right", no_wrap=True)
    shown.add_column("metrics", overflow="fold")
    before = ""
    for model in models:
        losses = [epoch.validation_loss for epoch in model.epochs]
        shown.add_row(
            model.example if model.example != before else "",
            model.name,
            str(len(losses)) if losses else "–",
            _figure(min(losses)) if losses else "–",
            ", ".join(f"{key} {_figure(value)}" for key, value in model.metrics.items()),
        )
        before = model.example
    return shown


def _figure(value: float) -> str:
    """Four digits that count, whole numbers as they are."""
    return f"{value:,.0f}" if value == round(value) and abs(value) >= 1 else f"{value:.4g}"


def _show_figures(console: Console, report: ChapterReport) -> None:
    console.print(f"\nFigures   {near(report.folder)}", soft_wrap=True)
    for example in chapter(report.number):
        if (report.folder / example.look).exists():
            console.print(f"          {example.look}", soft_wrap=True)
    if report.run.link:
        console.print(f"Run       {report.run.link}", soft_wrap=True)
