"""The dynamic test on notebooks: any functions of tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.audit import Step, audit
from evaluation.audit.table import differences, poisoned
from features.errors import UserError

Change = Callable[[pd.DataFrame], pd.DataFrame]


def table(steps: int = 100, seed: int = 0) -> pd.DataFrame:
    """Two series and a covariate, with gaps."""
    rng = np.random.default_rng(seed)
    ds = np.tile(pd.date_range("2020-01-01", periods=steps), 2)
    y = rng.normal(size=2 * steps).cumsum()
    y[80:84] = np.nan
    ids = np.repeat(["a", "b"], steps)
    return pd.DataFrame({"unique_id": ids, "ds": ds, "y": y, "x": rng.normal(size=2 * steps)})


def each(frame: pd.DataFrame) -> pd.core.groupby.SeriesGroupBy:
    return frame.groupby("unique_id")["y"]


def centred(y: pd.Series) -> pd.Series:
    return y.rolling(3, center=True).mean()


LEAKING: dict[str, tuple[Change, str]] = {
    "scaled by all": (lambda f: f.assign(y=f["y"] / f["y"].max()), "y"),
    "centred": (lambda f: f.assign(m=each(f).transform(centred)), "m"),
    "back-filled": (lambda f: f.assign(y=each(f).bfill()), "y"),
    "interpolated": (lambda f: f.assign(y=each(f).transform(lambda y: y.interpolate())), "y"),
    "tomorrow": (lambda f: f.assign(t=f.groupby("unique_id")["x"].shift(-1)), "t"),
    "without what ends": (lambda f: f[f["ds"] < f.loc[f["y"] < 500, "ds"].max()], "ds"),
    "column by its future": (lambda f: f if f["y"].max() < 500 else f.drop(columns="x"), "x"),
}  # fmt: skip
HONEST: dict[str, Change] = {
    "trailing": lambda f: f.assign(m=each(f).transform(lambda y: y.rolling(3).mean())),
    "lagged": lambda f: f.assign(t=f.groupby("unique_id")["x"].shift(1)),
    "forward-filled": lambda f: f.assign(y=each(f).ffill()),
    "expanding": lambda f: f.assign(y=f["y"] - each(f).transform(lambda y: y.expanding().mean())),
    "text": lambda f: f.assign(kind=np.where(f["x"] > 0, "up", "down")),
}


@pytest.mark.parametrize("name", LEAKING)
def test_a_leaking_step_is_named_with_column_series_and_date(name: str) -> None:
    step, column = LEAKING[name]
    leaks = audit({"honest": HONEST["lagged"], name: step, "after": HONEST["trailing"]}, table())
    assert {leak.step for leak in leaks} == {name}
    assert column in {leak.column for leak in leaks}
    assert all(leak.series in ("a", "b") and leak.when is not None for leak in leaks)
    assert all(leak.sentence.startswith(f"{name}: ") for leak in leaks)


@settings(max_examples=15)
@given(
    names=st.lists(st.sampled_from(sorted(HONEST)), max_size=4, unique=True), seed=st.integers(0, 9)
)
def test_honest_steps_are_never_named(names: list[str], seed: int) -> None:
    assert audit({name: HONEST[name] for name in names}, table(seed=seed)) == []


def test_the_order_of_rows_is_no_leak() -> None:
    assert audit({"shuffled": lambda f: f.sample(frac=1.0, random_state=0)}, table()) == []


def test_every_leaking_step_of_a_chain_is_named_by_itself() -> None:
    chain = {name: LEAKING[name][0] for name in ("back-filled", "scaled by all", "tomorrow")}
    assert [leak.step for leak in audit(chain, table())] == list(chain)


def test_the_column_whose_future_is_read_is_named() -> None:
    def mix(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(mixed=frame["y"] + frame["x"].mean())

    (leak,) = audit({"mix": mix}, table())
    assert leak.column == "mixed"
    assert "when 'x' after" in leak.sentence


def test_a_fit_is_judged_from_its_end_on() -> None:
    raw = table()
    end = raw["ds"].iloc[59]

    def fitted(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(y=frame["y"] / frame.loc[frame["ds"] <= end, "y"].std())

    early = [raw["ds"].iloc[30]]
    assert audit({"fit": fitted}, raw, early)
    assert audit({"fit": Step(fitted, since=end)}, raw, early) == []
    assert audit({"fit": fitted}, raw, [end, raw["ds"].iloc[80]]) == []


def test_a_result_without_dates_is_looked_at_by_its_view() -> None:
    steps = {"mean": Step(lambda frame: frame["y"].mean(), lambda m: pd.DataFrame({"mean": [m]}))}
    (leak,) = audit(steps, table())
    assert (leak.column, leak.series, leak.when) == ("y", None, None)


def test_what_is_known_ahead_may_be_read_that_far() -> None:
    step = {"tomorrow": LEAKING["tomorrow"][0]}
    assert audit(step, table(), ahead={"x": 1}) == []
    assert audit(step, table(), ahead={"x": None}) == []
    two = {"in two days": lambda f: f.assign(t=f.groupby("unique_id")["x"].shift(-2))}
    assert [leak.column for leak in audit(two, table(), ahead={"x": 1})] == ["t"]


def test_a_table_without_dates_is_refused() -> None:
    with pytest.raises(UserError, match="expected the dates in 'ds'"):
        audit({}, table().rename(columns={"ds": "date"}))


@settings(max_examples=30)
@given(at=st.integers(0, 99), seed=st.integers(0, 3))
def test_poison_leaves_the_past_alone_and_no_number_of_the_future(at: int, seed: int) -> None:
    raw = table(seed=seed)
    origin = raw["ds"].iloc[at]
    wild = poisoned(raw, origin)
    assert differences(raw, wild, origin) == []
    later = raw["ds"] > origin
    for column in ("y", "x"):
        same = wild.loc[later, column] == raw.loc[later, column]
        assert not same.any()
    assert list(wild.columns) == list(raw.columns)


def test_poison_keeps_integers_and_the_ends_of_series() -> None:
    raw = table().assign(count=range(200), flag=True)
    wild = poisoned(raw, raw["ds"].iloc[50])
    assert wild["count"].dtype == raw["count"].dtype
    assert wild["flag"].all()
    assert wild.groupby("unique_id")["y"].last().notna().all()
    assert wild.groupby("unique_id").tail(1)["y"].notna().all()
