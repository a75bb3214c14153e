"""The parameters of the flows: one typed model each, which is also the form that Prefect shows."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator, with_config

from evaluation.kinds import REFERENCES, networks
from features.normalize import Scaling
from features.panel import Covariates
from features.sources import ColumnMapping
from flows.form import FORM, Form, later
from flows.live_data import LiveData
from flows.space import SETTINGS, Setting
from flows.span import Moment, SplitShares
from models.registry import MODELS, Recipe, build
from models.settings import NetworkSettings, TrainingSettings, require

for _settings in (NetworkSettings, TrainingSettings, Scaling, Covariates, ColumnMapping):
    with_config(FORM)(_settings)  # models and features know nothing of pydantic


def known_model(name: str) -> str:
    """Refuse a name that is not in `models.registry.MODELS`."""
    build(name, Recipe(horizon=1))
    return name


ModelName = Annotated[
    str,
    AfterValidator(known_model),
    WithJsonSchema({"type": "string", "enum": list(MODELS)}),
]


CANDIDATES = (
    *("naive", "seasonal-naive", "drift"),
    *("theta", "auto-ets", "ridge"),
    *("lstm-direct", "gru-direct", "lstm-recursive", "gru-seq2seq"),
)
"""Compared where the user names no models: the baselines, the quick rivals, each strategy."""


class Parameters(Form):
    """What every flow is told."""

    flow: ClassVar[str] = ""

    source: str = Field(default="stocks", examples=["stocks", "weather"])
    """The embedded sample `stocks` or `weather`, or the path of a CSV or Parquet file."""
    series: tuple[str, ...] = ()
    """Names of the series to take; all of them where none is named."""
    start: Moment | None = Field(default=None, title="First date")
    """First date to take, such as `2013-01-01`; the data's first where empty."""
    end: Moment | None = Field(default=None, title="Last date")
    """Last date to take, inclusive; the data's last where empty."""
    horizon: int = Field(default=5, ge=1, le=10_000)
    """Steps to forecast: sessions for stocks, days for daily weather."""
    models: tuple[ModelName, ...] = Field(default=CANDIDATES, min_length=1)
    """The candidates to compare."""
    stride: int = Field(default=1, ge=1)
    """Steps between two forecast origins of the backtest."""
    experiment: str | None = Field(default=None, min_length=1)
    """Name of the MLflow experiment; the source's domain where empty."""
    live: LiveData | None = later(None, title="Live data")
    """Fetch live series for the source `stocks` or `weather`; its sample where empty."""
    as_of: Moment | None = later(None)
    """Live data as it was known then, such as `2026-11-20T18:00Z`, and nothing fetched; up to date
    where empty."""
    weather_at: str | None = later(None, min_length=1, title="Weather station beside")
    """Station of Meteostat whose weather networks see as past-only covariates."""
    known_ahead: str | None = later(None, title="File of what is known ahead")
    """A wide file whose columns networks see as known-future covariates, such as a weather forecast
    or holidays; it must reach as far as the forecast."""
    calendar: str = later("auto")
    """A pandas offset (`D`, `h`, `15min`) or an exchange whose sessions count (`XNYS`); `auto`
    takes the one that the source names or that fits the dates."""
    covariates: Covariates | None = later(None)
    """Columns that networks may see beside the target, by when they are known; those that the
    source recommends where empty."""
    columns: ColumnMapping | None = later(None, title="Columns of a wide file")
    """Which columns of a file are what, where they do not speak for themselves."""
    scaling: Scaling | None = later(None)
    """How networks, ridge and boosting see targets; as the source recommends where empty."""
    split: SplitShares = later(SplitShares())
    """Shares of the time span."""
    network: NetworkSettings = later(NetworkSettings())
    """The shape of the networks; of it, ridge and boosting read look-back and calendar."""
    training: TrainingSettings = later(TrainingSettings())
    """How the networks are trained; no other model reads it."""

    def tolerates(self, missing: int) -> bool:
        """Whether so many live series may be missing."""
        return missing <= (self.live.may_fail if self.live else 0)

    @model_validator(mode="after")
    def _fetches_what_the_source_has(self) -> Parameters:
        require(
            self.as_of is None or self.live is not None or self.weather_at is not None,
            f"as_of is given for '{self.source}', of which nothing is fetched; name live series, "
            "or leave it out",
        )
        if self.live is not None:
            require(
                not self.series,
                f"series names {', '.join(self.series)} beside live data, which names its own; "
                "leave it out",
            )
            wanted = "stocks" if self.live.symbols else "weather"
            given = "symbols are" if self.live.symbols else "a weather station or place is"
            require(
                self.source == wanted,
                f"{given} given for the source '{self.source}', expected the source '{wanted}'; "
                "name that",
            )
        return self

    @model_validator(mode="after")
    def _names_no_model_twice(self) -> Parameters:
        twice = [name for k, name in enumerate(self.models) if name in self.models[:k]]
        require(not twice, f"model '{twice[0] if twice else ''}' is named twice in models")
        return self

    @model_validator(mode="after")
    def _fits_every_model(self) -> Parameters:
        for name in self.models:
            build(name, Recipe(self.horizon, network=self.network, training=self.training))
        return self


class ForecastParameters(Parameters):
    """Compare the candidates on the test range, then forecast from the last step of the data."""

    flow: ClassVar[str] = "forecast"

    champion: bool = Field(default=False, title="By the champion")
    """Forecast by the champion of the MLflow registry, beside the naive references, and train
    nothing; the models and their settings are then of no account."""


class RetrainParameters(Parameters):
    """Train the candidates anew; the best one takes the champion's place if it is better."""

    flow: ClassVar[str] = "retrain"


class BacktestParameters(Parameters):
    """Compare the candidates on the test range, with or without training again on the way."""

    flow: ClassVar[str] = "backtest"

    refit_every: int | None = Field(default=None, ge=1)
    """Origins between two trainings; trained once where empty."""
    window: int | None = Field(default=None, ge=1, title="Sliding window")
    """Steps of the sliding training range of a refit; it grows from the first step where empty."""
    warm_start: bool = False
    """A refit's network begins from the weights of the refit before it, with scalers of its own."""

    @model_validator(mode="after")
    def _sets_nothing_of_refits_without_them(self) -> BacktestParameters:
        given = {
            "window": self.window is not None,
            "warm_start": self.warm_start,
        }
        idle = [name for name, there in given.items() if there and self.refit_every is None]
        require(
            not idle,
            f"{' and '.join(idle)} given without refit_every, which a backtest with refits needs; "
            "set refit_every too",
        )
        return self

    @model_validator(mode="after")
    def _slides_over_enough(self) -> BacktestParameters:
        need = self.network.look_back + self.network.segment + self.horizon
        trained = networks(self.models)
        require(
            self.window is None or self.window >= need or not trained,
            f"the sliding window of {self.window} steps is shorter than the {need} that "
            f"{', '.join(trained)} need for look-back {self.network.look_back} and horizon "
            f"{self.horizon}; lengthen window, or lower network.look_back",
        )
        return self


class SearchParameters(Parameters):
    """Search settings for the networks among the models, then compare the best ones found.

    `network` and `training` are what the search begins with, and what it leaves as it is.
    """

    flow: ClassVar[str] = "search"
    trials: int = Field(default=30, ge=1)
    """Trainings to do, with those that an earlier search of the same data and settings did."""
    top: int = Field(default=5, ge=1, title="Ensemble")
    """Best trials whose forecasts are averaged in an ensemble; 1 makes none."""
    tune: tuple[Setting, ...] = Field(default=SETTINGS, min_length=1, title="Settings to search")
    """Settings to search; all others stay as given in `network` and `training`."""

    @property
    def networks(self) -> tuple[str, ...]:
        """The models to search over."""
        return tuple(networks(self.models))

    @property
    def others(self) -> tuple[str, ...]:
        """The models to compare the best trials with: the references, and what is no network."""
        named = (name for name in self.models if name not in self.networks)
        return tuple(dict.fromkeys((*REFERENCES, *named)))

    @model_validator(mode="after")
    def _has_networks_to_search_over(self) -> SearchParameters:
        require(
            bool(self.networks),
            f"a search needs a network, and models names {', '.join(self.models)}; add one, such "
            "as gru-direct",
        )
        require(
            self.training.members == 1,
            f"a trial of a search trains one network, and training.members is "
            f"{self.training.members}; leave it at 1, --top says how many networks are averaged",
        )
        return self
