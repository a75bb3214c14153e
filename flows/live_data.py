"""What a flow is told of live data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from features.quality import RULES
from flows.form import Form
from models.settings import require

CHECKS = tuple(dict.fromkeys(name for rules in RULES.values() for name in rules))
"""Names of the checks of live data."""


def known_rule(name: str) -> str:
    """Refuse a name that is not in `features.quality.RULES`."""
    require(name in CHECKS, f"unknown check '{name}', expected one of {', '.join(CHECKS)}")
    return name


RuleName = Annotated[
    str, AfterValidator(known_rule), WithJsonSchema({"type": "string", "enum": list(CHECKS)})
]


class LiveData(Form):
    """Live series instead of the embedded sample, kept in a store of their own for good."""

    symbols: tuple[str, ...] = Field(default=(), examples=[["AAPL", "MSFT"]])
    """Ticker symbols of Yahoo Finance, for the source `stocks`."""
    stations: tuple[str, ...] = Field(default=(), examples=[["10637"]])
    """Stations of Meteostat, for the source `weather`."""
    latitude: float | None = Field(default=None, ge=-90, le=90)
    """With the longitude: the station nearest to a place."""
    longitude: float | None = Field(default=None, ge=-180, le=180)
    """In degrees, east positive."""
    interpolate: bool = False
    """The weather of the place itself, from several stations around it."""
    interval: Literal["1d", "1h", "30m", "15m", "5m", "1m"] = "1d"
    """Step of the series; what is shorter than a day is in UTC."""
    may_fail: int = Field(default=0, ge=0, title="Series that may fail")
    """So many series may be missing before the command ends with exit code 3."""
    accept: tuple[RuleName, ...] = Field(default=(), title="Accepted findings")
    """Checks of the data whose findings do not stop the run, however severe."""

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude, where both are given."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    @model_validator(mode="after")
    def _names_one_thing(self) -> LiveData:
        require(
            (self.latitude is None) == (self.longitude is None),
            "of latitude and longitude one is missing; give both",
        )
        ways = [bool(self.symbols), bool(self.stations), self.place is not None]
        require(
            sum(ways) == 1,
            "live data needs one of symbols, stations, or latitude and longitude, and "
            f"{'several' if any(ways) else 'none'} of them are given; name one",
        )
        return self
