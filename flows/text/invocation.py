"""From the words of `forecastle text` to a run of the flow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from features.errors import UserError
from flows.form import one_sentence
from flows.invocation import laid_over
from flows.text.parameters import TextParameters
from flows.text.teaching import ChapterReport
from flows.up.temporary_server import start_server


def parameters_of(
    config: Path | None, options: dict[str, Any], settings: list[str]
) -> TextParameters:
    """The parameters from, each over those before: file, options, `key=value` settings.

    Raises:
        UserError: a file, a value or a source that cannot be used.
    """
    fields = laid_over({}, config, options, settings)
    try:
        parameters = TextParameters.model_validate(fields)
    except ValidationError as error:
        raise UserError(one_sentence(error)) from error
    parameters.corpora.require()
    return parameters


def conduct(parameters: TextParameters) -> list[ChapterReport]:
    """Run the flow."""
    start_server()
    from flows.text.flow import text

    return text(parameters)
