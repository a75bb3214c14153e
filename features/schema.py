"""The door: a long frame is validated here once; past it, code trusts the contract."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from features.calendars import Calendar, infer_calendar, is_exchange, make_calendar
from features.dates import parse_dates
from features.errors import UserError
from features.optional import need
from features.panel import Covariates, Panel, long_to_panel


def to_panel(
    frame: pd.DataFrame, calendar: str = "auto", covariates: Covariates | None = None
) -> Panel:
    """Validate a long frame and lay it on its calendar; see `validate` for what is refused."""
    covariates = covariates or Covariates()
    return long_to_panel(*validate(frame, calendar, covariates), covariates)


def validate(
    frame: pd.DataFrame, calendar: str = "auto", covariates: Covariates | None = None
) -> tuple[pd.DataFrame, Calendar]:
    """Check a long frame against the data contract.

    Rows of the series may be interleaved, but each series' dates must increase. Steps without a
    row and NaN in `y` or past-only covariates are allowed: they stay missing. Rows after the last
    observed `y` carry known-future covariates.

    Args:
        frame: `unique_id, ds, y` and the declared covariate columns; others are left out.
        calendar: an offset alias, an exchange's code, or "auto" (see `infer_calendar`).
        covariates: the covariate columns.

    Returns:
        The frame with string ids, datetime64[ns] dates and float64 numbers, and the calendar from
        the first date to the last observed `y`.

    Raises:
        UserError: on the first thing that breaks the contract.
    """
    covariates = covariates or Covariates()
    numbers = ("y", *covariates.past, *covariates.future, *covariates.static)
    _require_rows(frame)
    require_columns(frame, ("unique_id", "ds", *numbers))
    if len(frame) == 1:
        raise UserError(
            f"the frame has one row, {_where(frame, 0)}, expected at least 2 dates a series; "
            "give it more history"
        )
    taken = frame[["unique_id", "ds", *numbers]].reset_index(drop=True)
    taken["ds"] = parse_dates(taken["ds"])
    for column in numbers:
        taken[column] = _as_floats(taken, column)
    _check_cells(taken, numbers)
    taken["unique_id"] = taken["unique_id"].astype(str)
    _check_dates(taken)
    _check_observations(taken)
    steps = _calendar(taken, calendar)
    _check_covariates(taken, steps, covariates)
    return taken, steps


def require_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a frame that lacks a column, or has or is asked for it twice."""
    have = [str(column) for column in frame.columns]
    for name in names:
        if name not in have:
            more = f" and {len(have) - 12} more" if len(have) > 12 else ""
            raise UserError(
                f"unknown column {name!r}; the frame has {', '.join(have[:12])}{more}; "
                f"{_hint(name, have)}"
            )
        if have.count(name) > 1 or names.count(name) > 1:
            raise UserError(
                f"column {name!r} is there or declared twice, expected once; drop one of the two"
            )


def _hint(name: str, have: list[str]) -> str:
    near = get_close_matches(name, have, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if name == "unique_id":
        return 'if it holds one series, add it with frame["unique_id"] = "series"'
    return "add it or rename a column to it"


def _require_rows(frame: pd.DataFrame) -> None:
    if frame.empty:
        raise UserError("the frame is empty, expected one row for each date of each series")


def _where(frame: pd.DataFrame, row: int) -> str:
    """Series, date and row (counted from 0) of one row of the frame."""
    stamp = frame["ds"].iloc[row]
    date = _day(stamp) if isinstance(stamp, pd.Timestamp) else stamp
    return f"series {str(frame['unique_id'].iloc[row])!r} on {date} (row {row})"


def _day(stamp: pd.Timestamp) -> str:
    return str(stamp.date()) if stamp == stamp.normalize() else str(stamp)


def _as_floats(frame: pd.DataFrame, column: str) -> pd.Series:
    """The column as float64, pd.NA and None as NaN."""
    values = frame[column]
    if values.dtype == np.float64:
        return values
    if values.dtype.kind in "Mmc":
        numbers = pd.Series(np.nan, values.index)
    else:
        numbers = pd.to_numeric(values, errors="coerce").astype("Float64").astype("float64")
    bad = (values.notna() & numbers.isna()).to_numpy()
    if bad.any():
        row = int(bad.argmax())
        raise UserError(
            f"column {column!r} holds {values.iloc[row]!r} in {_where(frame, row)}, expected a "
            "number; correct it, or leave it empty if it is missing"
        )
    return numbers


def _check_cells(frame: pd.DataFrame, numbers: tuple[str, ...]) -> None:
    """Cell by cell rules, as a pandera schema: no empty key, nothing infinite."""
    pandera: Any = need("pandera.pandas", "validating a frame")

    def finite(values: pd.Series) -> pd.Series:
        return np.isfinite(values)

    key = pandera.Column(nullable=False)
    number = pandera.Column(float, pandera.Check(finite), nullable=True)
    schema = pandera.DataFrameSchema(
        {"unique_id": key, "ds": key, **dict.fromkeys(numbers, number)}
    )
    try:
        schema.validate(frame)
    except pandera.errors.SchemaError as error:
        row = int(error.failure_cases["index"].iloc[0])
        column = error.schema.name
        wanted = (
            "a finite number; correct it, or leave it empty if it is missing"
            if column in numbers
            else "every row to have one; fill it in or remove the row"
        )
        raise UserError(
            f"column {column!r} holds {frame[column].iloc[row]} in {_where(frame, row)}, "
            f"expected {wanted}"
        ) from error


def _check_dates(frame: pd.DataFrame) -> None:
    """Within each series dates increase, none twice."""
    twice = frame.duplicated(["unique_id", "ds"]).to_numpy()
    if twice.any():
        row = int(twice.argmax())
        same = (frame["unique_id"] == frame["unique_id"][row]) & (frame["ds"] == frame["ds"][row])
        raise UserError(
            f"{_where(frame, row)} repeats row {int(same.to_numpy().argmax())}, expected one row "
            "for each date of a series; remove one of the duplicates"
        )
    back = (frame.groupby("unique_id", sort=False)["ds"].diff() < pd.Timedelta(0)).to_numpy()
    if back.any():
        raise UserError(
            f"{_where(frame, int(back.argmax()))} comes after a later date, expected the dates of "
            'each series to increase; sort with frame.sort_values(["unique_id", "ds"])'
        )


def _check_observations(frame: pd.DataFrame) -> None:
    """Each series has at least two observations that differ."""
    seen = frame.groupby("unique_id", sort=False)["y"].agg(["count", "min", "max"])
    for name, (count, low, high) in zip(seen.index, seen.to_numpy(), strict=True):
        if count == 0:
            raise UserError(
                f"series {name!r} has no observation: y is NaN in all of its rows, expected "
                "numbers; remove the series or give it values"
            )
        if count == 1:
            raise UserError(
                f"series {name!r} has one observation, expected at least 2; remove the series or "
                "give it more history"
            )
        if low == high:
            raise UserError(
                f"series {name!r} is constant: y is {low:g} in all {count:.0f} observations, "
                "expected values that vary; remove the series"
            )


def _calendar(frame: pd.DataFrame, name: str) -> Calendar:
    """The calendar from the first date to the last observed y, with every row on it."""
    dates = pd.DatetimeIndex(frame["ds"].unique()).sort_values()
    last = frame.loc[frame["y"].notna(), "ds"].max()
    whole = infer_calendar(dates) if name == "auto" else make_calendar(name, dates[0], dates[-1])
    off = ~frame["ds"].isin(whole.stamps).to_numpy()
    if off.any():
        row = int(off.argmax())
        weekday = frame["ds"].iloc[row].day_name()
        kind = "session" if is_exchange(name) else "step"
        raise UserError(
            f"{_where(frame, row)}, a {weekday}, is no {kind} of the calendar {name!r}, expected "
            "dates on it only; correct or remove the row, or name another calendar"
        )
    return whole.until(int(whole.stamps.get_loc(last)))


def _check_covariates(frame: pd.DataFrame, steps: Calendar, covariates: Covariates) -> None:
    last = steps.stamps[-1]
    for column in covariates.past:
        late = ((frame["ds"] > last) & frame[column].notna()).to_numpy()
        if late.any():
            raise UserError(
                f"past-only covariate {column!r} has a value in "
                f"{_where(frame, int(late.argmax()))}, after the last observed y on {_day(last)}, "
                "expected none there; remove it or declare the covariate known-future"
            )
    for column in covariates.static:
        _check_static(frame, column)
    for column in covariates.future:
        _check_known(frame, steps, column)


def _check_static(frame: pd.DataFrame, column: str) -> None:
    empty = frame[column].isna().to_numpy()
    if empty.any():
        raise UserError(
            f"static covariate {column!r} is missing in {_where(frame, int(empty.argmax()))}, "
            "expected the series' one value in each of its rows; fill it in"
        )
    first = frame.groupby("unique_id", sort=False)[column].transform("first")
    varies = (frame[column] != first).to_numpy()
    if varies.any():
        row = int(varies.argmax())
        raise UserError(
            f"static covariate {column!r} changes from {first[row]:g} to {frame[column][row]:g} in "
            f"{_where(frame, row)}, expected one value a series; correct it or declare it past-only"
        )


def _check_known(frame: pd.DataFrame, steps: Calendar, column: str) -> None:
    """A known-future covariate has a value at every step from its series' first row on."""
    stamps = steps.stamps.append(steps.ahead_until(frame["ds"].max()))
    grid = frame.pivot(index="ds", columns="unique_id", values=column).reindex(stamps)
    began = frame.groupby("unique_id")["ds"].min()
    hole = grid.isna().to_numpy() & (stamps.to_numpy()[:, None] >= began.to_numpy()[None])
    if hole.any():
        step, series = np.argwhere(hole)[0]
        raise UserError(
            f"known-future covariate {column!r} has no value for series "
            f"{grid.columns[series]!r} on {_day(stamps[step])}, expected one at every step of the "
            "calendar; fill it in or declare it past-only"
        )
