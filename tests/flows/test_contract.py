"""What is kept beside a saved forecaster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.errors import UserError
from features.panel import Covariates, Panel
from features.schema import to_panel
from features.splits import Split
from flows.contract import Contract
from tests.flows.small import small_frame


def test_it_says_what_was_seen(panel: Panel, split: Split) -> None:
    made = Contract.of(panel, split)
    assert made.fitted_until == panel.stamps[split.train.stop - 1]
    assert made.chosen_until == panel.stamps[split.validation.stop - 1]
    made.require_fit(panel, "it")


@pytest.mark.parametrize("zone", [None, "Europe/Prague"])
def test_it_comes_back_as_it_was(zone: str | None, tmp_path: Path) -> None:
    frame = small_frame()
    frame["ds"] = frame["ds"].dt.tz_localize(zone)
    frame["rain"] = 1.0 * (frame.index % 3)
    panel = to_panel(frame, "D", Covariates(past=("rain",)))
    made = Contract.of(panel, Split.by_share(panel.steps))
    made.write(tmp_path)
    assert Contract.read(tmp_path) == made
    assert (panel.stamps > Contract.read(tmp_path).fitted_until).sum() == 160 - 112


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"calendar": "h"}, "the calendar h, and the data has D"),
        ({"series": ("a",)}, "the series a, and the data has a, b"),
        (
            {"covariates": Covariates(past=("rain",))},
            r"the covariates rain \(past\), and the data has none",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    other: dict[str, object], said: str, panel: Panel, split: Split
) -> None:
    made = replace(Contract.of(panel, split), **other)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=f"^the champion was trained on {said}"):
        made.require_fit(panel, "the champion")


def test_its_dates_are_stamps(panel: Panel, split: Split, tmp_path: Path) -> None:
    Contract.of(panel, split).write(tmp_path)
    assert isinstance(Contract.read(tmp_path).chosen_until, pd.Timestamp)
