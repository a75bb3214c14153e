"""What runs by itself: `forecastle.yaml` in the home folder. Without it nothing has a schedule."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import yaml
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, IntervalSchedule
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from features.calendars import is_exchange
from features.errors import UserError
from features.optional import need
from features.sources import SOURCES
from features.sources.live import trading_calendar
from flows.form import one_sentence
from flows.invocation import parameters_of
from flows.parameters import ForecastParameters, RetrainParameters
from models.settings import require

FILE = "forecastle.yaml"
AFTER_CLOSE = 2
"""Hours after an exchange's usual close at which its prices are complete."""
DAILY, SCORING = "0 9 * * *", "0 12 * * *"
"""In UTC: the day before has been observed, and forecast."""
WEEKLY = "0 6 * * 6"
"""A Saturday morning: the week's sessions are over, and the forecasts of the day not yet due."""


class Entry(BaseModel):
    """One forecast that is made again and again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    params: dict[str, Any] = Field(default_factory=dict)
    """Parameters of the forecast, as a file for --config has them."""
    cron: str | None = None
    """When; after the close of the exchange, or daily at 9:00 UTC, where nothing is said."""
    timezone: str = "UTC"
    """Of both crons."""
    retrain: str | None = WEEKLY
    """The cron of the retraining; none with null, or where the champion does not forecast."""
    every: int | None = Field(default=None, ge=10)
    """Seconds between two runs, in place of a cron."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        require(
            self.cron is None or self.every is None,
            f"cron '{self.cron}' and every {self.every} are both given; leave out one",
        )
        return self


class Plan(BaseModel):
    """The file: a name to a forecast, `stocks` and `weather` being the usual ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    forecasts: dict[str, Entry] = Field(default_factory=dict)
    notify: str | None = None
    """A webhook block of the Prefect server, for notifications."""

    def parameters(self, name: str) -> ForecastParameters:
        """The parameters of a forecast; the source of its name's, where it names none.

        The champion forecasts, unless they say otherwise.

        Raises:
            UserError: parameters that cannot be used.
        """
        params = {"champion": True} | self._params(name)
        found = parameters_of("forecast", self._source(name), None, params, [])
        assert isinstance(found, ForecastParameters)
        return found

    def retraining(self, name: str) -> CronSchedule | None:
        """When the champion of a forecast is challenged; None where it never is."""
        entry = self.forecasts[name]
        if entry.retrain is None or not self.parameters(name).champion:
            return None
        return CronSchedule(cron=entry.retrain, timezone=entry.timezone)

    def schedule(self, name: str) -> SCHEDULE_TYPES:
        """When a forecast is made.

        Raises:
            UserError: symbols of several exchanges.
        """
        entry = self.forecasts[name]
        if entry.every is not None:
            return IntervalSchedule(interval=timedelta(seconds=entry.every))
        if entry.cron is not None:
            return CronSchedule(cron=entry.cron, timezone=entry.timezone)
        code = exchange_of(self.parameters(name))
        return after_close(code) if code else CronSchedule(cron=DAILY, timezone="UTC")

    def _params(self, name: str) -> dict[str, Any]:
        return self.forecasts[name].params if name in self.forecasts else {}

    def _source(self, name: str) -> str | None:
        source: str | None = self._params(name).get("source", name if name in SOURCES else None)
        return source


def read_plan(home: Path) -> Plan:
    """The plan of a home folder; an empty one where there is no file.

    Raises:
        UserError: a file that is no plan.
    """
    path = home / FILE
    if not path.exists():
        return Plan()
    try:
        plan = Plan.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
        for name in plan.forecasts:
            plan.parameters(name)
            plan.schedule(name)
            plan.retraining(name)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"cannot read {path}: {reason}; correct it or move it away") from error
    except (ValidationError, UserError) as error:
        raise UserError(f"{path}: {one_sentence(error)}") from error
    return plan


def retrain_parameters(parameters: ForecastParameters) -> RetrainParameters:
    """Those of the retraining that makes the champion of a forecast."""
    fields = parameters.model_dump(mode="json", include=set(RetrainParameters.model_fields))
    return RetrainParameters.model_validate(fields)


def exchange_of(parameters: ForecastParameters) -> str | None:
    """The exchange whose sessions the series follow; None where every day counts.

    Raises:
        UserError: symbols of several exchanges.
    """
    live = parameters.live
    if live is None or not live.symbols:
        return None
    code = parameters.calendar
    if code == "auto":
        code = trading_calendar(live.symbols, live.interval)
    return code if is_exchange(code) else None


def after_close(code: str) -> CronSchedule:
    """Weekdays, some hours after the usual close, on the exchange's own clock.

    A cron knows no holidays, and a list of sessions would end and grow stale: the run itself looks
    whether its day was one (`flows/deployments/due.py`).
    """
    calendar = need("exchange_calendars", "the hours of an exchange").get_calendar(code)
    close = calendar.close_times[-1][1]
    hour = min(close.hour + AFTER_CLOSE, 23)
    return CronSchedule(cron=f"{close.minute} {hour} * * 1-5", timezone=str(calendar.tz))
