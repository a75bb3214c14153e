from __future__ import annotations

from typing import Any

import pytest
from prefect.utilities.schema_tools import validate
from pydantic import ValidationError

from flows.form import one_sentence
from flows.parameters import (
    CANDIDATES,
    BacktestParameters,
    ForecastParameters,
    Parameters,
)
from flows.presets import PRESETS
from models.registry import MODELS
from models.settings import NetworkSettings, TrainingSettings

FORMS = [ForecastParameters, BacktestParameters]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", PRESETS)
def test_shipped_presets_are_valid(form: type[Parameters], source: str) -> None:
    assert form(source=source, **PRESETS[source]).models == CANDIDATES


@pytest.mark.parametrize("form", FORMS)
def test_every_field_of_the_form_has_a_title_and_a_sentence(form: type[Parameters]) -> None:
    schema = form.model_json_schema()
    groups = {"": schema, **schema["$defs"]}
    for group in groups.values():
        for name, field in group["properties"].items():
            assert field.get("title"), name
            assert field.get("description"), name


def test_settings_of_networks_show_their_own_docstrings_and_choices() -> None:
    defs = ForecastParameters.model_json_schema()["$defs"]
    assert defs["NetworkSettings"]["properties"]["hidden"]["description"].startswith("Width D")
    assert defs["TrainingSettings"]["properties"]["loss"]["enum"] == [
        "mae",
        "mse",
        "huber",
        "quantile",
    ]
    assert defs["Scaling"]["properties"]["scaler"]["default"] == "standard"


def test_the_form_offers_every_model() -> None:
    items = ForecastParameters.model_json_schema()["properties"]["models"]["items"]
    assert items["enum"] == list(MODELS)


@pytest.mark.parametrize("form", FORMS)
def test_what_can_be_empty_is_one_input_and_the_server_takes_null_there(
    form: type[Parameters],
) -> None:
    schema = form.model_json_schema(ref_template="#/definitions/{model}")
    schema["definitions"] = schema.pop("$defs")
    groups = {"live", "covariates", "columns", "scaling"}
    assert {k for k, v in schema["properties"].items() if "anyOf" in v} == groups
    everything = form().model_dump(mode="json")
    assert everything["start"] is None
    assert validate(everything, schema) == []
    (complaint,) = validate({"start": "soon"}, schema)
    assert complaint.message.startswith("'soon' does not match")
    for name, field in {"hidden": "NetworkSettings", "epochs": "TrainingSettings"}.items():
        group = "network" if field.startswith("Network") else "training"
        (complaint,) = validate({group: {name: 0}}, schema)
        assert "is less than the minimum" in complaint.message


@pytest.mark.parametrize("form", FORMS)
def test_fields_are_numbered_and_groups_come_last(form: type[Parameters]) -> None:
    fields = form.model_json_schema()["properties"]
    order = sorted(fields, key=lambda name: fields[name]["position"])
    assert len({field["position"] for field in fields.values()}) == len(fields)
    assert order[:6] == ["source", "series", "start", "end", "horizon", "models"]
    assert order[-3:] == ["split", "network", "training"]
    own = set(form.model_fields) - set(Parameters.model_fields)
    assert all(order.index(name) < order.index("live") for name in own)


def test_parameters_survive_json() -> None:
    parameters = BacktestParameters(
        source="weather",
        network=NetworkSettings(hidden=8),
        training=TrainingSettings(epochs=3),
        refit_every=10,
        window=200,
        covariates={"past": ["wind"]},  # type: ignore[arg-type]
        columns={"date": "day", "columns": {"wind": "w"}},  # type: ignore[arg-type]
        start="2013-01-01",  # type: ignore[arg-type]
    )
    assert BacktestParameters.model_validate_json(parameters.model_dump_json()) == parameters


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"horizon": 0}, "horizon: input should be greater than or equal to 1, got 0"),
        ({"horizon": "soon"}, "horizon: input should be a valid integer"),
        ({"models": []}, "models: tuple should have at least 1 item"),
        ({"models": ["naive", "gru-dircet"]}, "did you mean 'gru-direct'?"),
        ({"models": ["naive", "drift", "naive"]}, "model 'naive' is named twice in models"),
        ({"stride": 0}, "stride: input should be greater than or equal to 1, got 0"),
        ({"network": {"layers": 0}}, "network.layers: input should be greater than or equal to 1"),
        ({"network": {"width": 3}}, "network.width: unexpected keyword argument"),
        ({"training": {"device": "tpu"}}, "training.device: input should be 'auto', 'cpu'"),
        ({"training": {"loss": "quantile"}}, "lstm-recursive cannot be trained with training.loss"),
        ({"split": {"train": 0.8, "validation": 0.3}}, "leave no test range"),
        ({"split": {"train": 1.0}}, "split.train: input should be less than 1, got 1.0"),
        ({"scaling": {"scaler": "max"}}, "scaling.scaler: input should be 'standard'"),
        ({"horizn": 3}, "horizn: extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ForecastParameters(**fields)
    said = one_sentence(caught.value)
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"window": 100}, "window given without refit_every"),
        ({"warm_start": True, "window": 99}, "window and warm_start given without refit_every"),
        ({"refit_every": 5, "window": 100}, "window of 100 steps is shorter than the 102"),
    ],
)
def test_refits_that_cannot_be_are_said_in_one_sentence(
    fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        BacktestParameters(models=("naive", "gru-direct"), **fields)
    said = one_sentence(caught.value)
    assert sentence in said
    assert "\n" not in said


def test_baselines_slide_over_as_little_as_they_like() -> None:
    assert BacktestParameters(models=("naive",), refit_every=5, window=1).window == 1
