"""What a comparison of candidates found. Tables are made from it when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from evaluation import leaderboard as tables
from evaluation.backtest import Backtest
from evaluation.bootstrap import intervals
from evaluation.contest import Decision
from evaluation.drift import input_drift, input_sentences
from evaluation.followup import FollowUp
from evaluation.metrics import Scale, seasonal_scale
from evaluation.probability import pit
from evaluation.significance import Significance, significance
from evaluation.slices import by_slice
from evaluation.tally import tallies
from evaluation.trading import Trading, trading
from evaluation.verdicts import choice, headline, verdicts
from features.panel import Floats, Panel
from features.sources import Fetched
from features.splits import Split
from flows.candidates import Candidate
from flows.parameters import Parameters


@dataclass(frozen=True)
class Appointed:
    """The model to use, where it was not chosen on the validation range."""

    model: str
    why: str
    """A sentence."""


@dataclass(frozen=True)
class Result:
    """A comparison on the test range, and the forecast from the last step where one was made."""

    parameters: Parameters
    fetched: Fetched
    panel: Panel
    split: Split
    candidates: Sequence[Candidate]
    validation: Backtest
    test: Backtest
    """Calibrated on the errors of the validation range and, as they become known, on its own."""
    future: Backtest | None = None
    followup: FollowUp | None = None
    """What has come of the forecasts issued before."""
    appointed: Appointed | None = None
    """The champion, where it was not trained again."""
    decision: Decision | None = None
    """Whether the chosen model is to be the champion, where that was asked."""

    @property
    def complete(self) -> bool:
        """Whether no more of the live series are missing than may fail."""
        return self.parameters.tolerates(len(self.fetched.missing))

    @property
    def notes(self) -> list[str]:
        """The decision, earlier forecasts, drift, and what there is to say of the data."""
        earlier = self.followup.sentences if self.followup else []
        decision = [self.decision.sentence] if self.decision else []
        return [*decision, *earlier, *input_sentences(self.drift), *self.data_notes()]

    def data_notes(self) -> list[str]:
        """Live data: its moment, what is missing or old, and what the checks found."""
        found = self.fetched
        if found.as_of is None:
            return []
        notes = [f"Data as of {found.as_of:%Y-%m-%d %H:%M} UTC"]
        notes += [f"Missing: {name}: {why}" for name, why in found.missing.items()]
        notes += [f"Not brought up to date: {name}: {why}" for name, why in found.stale.items()]
        if found.quality is not None:
            bad = found.quality[found.quality["outcome"] == "found"]
            notes += [f"{row.unique_id}: {row.rule}: {row.sentence}" for row in bad.itertuples()]
        return notes

    @property
    def forecast(self) -> pd.DataFrame:
        """The long forecast frame `unique_id, ds, cutoff, <model>, <model>-lo-90, <model>-hi-90`.

        Raises:
            ValueError: this result is of a backtest alone.
        """
        if self.future is None:
            raise ValueError("a backtest forecasts nothing beyond the data; run a forecast")
        return self.future.forecast_frame()

    @cached_property
    def backtest(self) -> pd.DataFrame:
        """The long frame of the test range: the forecast's columns and `y`."""
        return self.test.frame()

    @cached_property
    def scale(self) -> Scale:
        """What scaled metrics divide by."""
        return seasonal_scale(self.panel, self.split.train, self.panel.calendar.season)

    @cached_property
    def drift(self) -> pd.DataFrame:
        """The latest inputs against those of the training range, by series and channel."""
        log = self.parameters.scaling is not None and self.parameters.scaling.log
        return input_drift(self.panel, self.split, log)

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """Models by rank, their metrics on the test range, and their significance."""
        return tables.leaderboard(self.test, self.scale).join(self.significance.against_naive())

    @cached_property
    def by_series(self) -> pd.DataFrame:
        """The leaderboard's columns by series and model."""
        return tables.by_series(self.test, self.scale)

    @cached_property
    def by_horizon(self) -> pd.DataFrame:
        """Every metric by model and step ahead."""
        return tables.by_horizon(self.test, self.scale)

    @cached_property
    def slices(self) -> pd.DataFrame:
        """Every metric by month, weekday or hour, and regime, and by model."""
        return by_slice(self.test, self.scale)

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """Every metric of every model with its block-bootstrap interval."""
        sums = {model: tallies(self.test, model, self.scale) for model in self.test.models}
        return intervals(sums, self.significance.drawn)

    @cached_property
    def pit(self) -> dict[str, Floats]:
        """Model -> [Q + 1] shares of the observations between its quantiles."""
        return {m: pit(self.test, m)["share"].to_numpy() for m in self.test.margins}

    @cached_property
    def trading(self) -> Trading | None:
        """Of stocks, what a rule on the forecasts would have earned: a diagnostic."""
        return trading(self.test) if self.fetched.experiment == "stocks" else None

    @cached_property
    def chosen(self) -> str:
        """The model to use: the best on the validation range, unless one is appointed."""
        if self.appointed:
            return self.appointed.model
        return tables.select(self.validation)

    @cached_property
    def significance(self) -> Significance:
        """Which differences on the test range are more than luck."""
        return significance(self.test)

    @cached_property
    def verdicts(self) -> list[str]:
        """In words: the run as a whole, the choice, then each model against the references."""
        champion = self.appointed.model if self.appointed else None
        return [
            headline(self.test, self.significance, champion),
            self.appointed.why
            if self.appointed
            else choice(self.validation, self.test, self.significance),
            *verdicts(self.test, self.significance),
        ]
