"""How a typed model becomes a form in Prefect's pages, and how it says what it refuses."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import ComputedFieldInfo, FieldInfo

from features.errors import UserError


def later(default: Any, **more: Any) -> Any:
    """A field that stands below the others, because it is seldom set or a group."""
    return Field(default=default, json_schema_extra={"position": _LATER}, **more)


_LATER = 100
"""More than there are fields."""


def as_form(schema: dict[str, Any]) -> None:
    """Make the JSON schema of a model what Prefect shows best.

    - Fields are numbered, because a database need not keep their order.
    - A single value that may be None is one input that can be left empty. As the union that it is,
      it would be a choice of types in front of the input. Prefect takes null where a field without
      a default is not required.
    - Descriptions are shown as they are, so marks of code become quotes.
    """
    for said in (schema, *schema["properties"].values()):
        said["description"] = " ".join(said["description"].replace("`", "'").split())
    for number, field in enumerate(schema["properties"].values()):
        field["position"] = field.get("position", 0) + number
        match field.get("anyOf"):
            case [{"type": _} as single, {"type": "null"}]:
                del field["anyOf"], field["default"]
                field |= single
            case [_, {"type": "null"} as empty]:
                empty["title"] = "Empty"


def _title(name: str, _: FieldInfo | ComputedFieldInfo) -> str:
    return name.replace("_", " ").capitalize()


def _heading(model: type) -> str:
    return re.sub("(?<=[a-z])[A-Z]", lambda found: f" {found[0].lower()}", model.__name__)


FORM = ConfigDict(
    use_attribute_docstrings=True,
    extra="forbid",
    field_title_generator=_title,
    model_title_generator=_heading,
    json_schema_extra=as_form,
)
"""The sentence under each field is its docstring, and a field that is not there is refused."""


class Form(BaseModel):
    """What can be filled in."""

    model_config = ConfigDict(frozen=True, **FORM)


def one_sentence(error: Exception) -> str:
    """What is wrong with the settings, as one sentence: the first complaint of a validation."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, UserError):
        return str(cause)
    place = ".".join(str(part) for part in first["loc"])
    got = "" if first["type"] in ("missing",) else f", got {first['input']!r}"
    return f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}{got}"
