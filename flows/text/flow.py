"""The Prefect flow `text`: a subflow a chapter, a task an example."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.settings import Settings
from flows.text.bench import Bench
from flows.text.example import Example
from flows.text.figures import leave_artifacts
from flows.text.parameters import TextParameters
from flows.text.teaching import ChapterReport, do, teach


@task(cache_policy=NO_CACHE, retries=0, task_run_name="{example.number} {example.title}")
def run_example(example: Example, bench: Bench) -> None:
    """One example; what fails in it fails again, so it is not tried again."""
    do(example, bench)


@flow(name="text-chapter", flow_run_name="chapter {number}", validate_parameters=False)
def run_chapter(number: int, params: TextParameters) -> ChapterReport:
    """One chapter.

    Args:
        number: Of the chapter.
        params: Those of the flow `text`.
    """
    examples = params.in_turn()[number]
    report = teach(number, examples, params, Settings(), run_example)
    leave_artifacts(report)
    return report


@flow(name="text")
def text(params: TextParameters) -> list[ChapterReport]:
    """Train the models of the course, chapter by chapter.

    Args:
        params: Which chapters, and on which texts.

    Raises:
        UserError: a source or a store that cannot be used.
    """
    return [run_chapter(number, params) for number in params.in_turn()]
