from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.panel import Covariates, Panel
from features.schema import to_panel
from tests.features.frames import full_frames, long_frame

ALL = Covariates(past=("p",), future=("f",), static=("g",))


@settings(deadline=None, max_examples=25)
@given(frame=full_frames())
def test_round_trip(frame: pd.DataFrame) -> None:
    panel = to_panel(frame, covariates=ALL)
    pd.testing.assert_frame_equal(panel.frame(), frame)
    again = to_panel(panel.frame(), covariates=ALL)
    assert again.digest == panel.digest


@settings(deadline=None, max_examples=25)
@given(frame=full_frames(), ahead=st.integers(1, 3))
def test_round_trip_with_what_is_known_ahead(frame: pd.DataFrame, ahead: int) -> None:
    dates = to_panel(frame, covariates=ALL).calendar.ahead(ahead)
    parts = []
    for _, rows in frame.groupby("unique_id"):
        come = pd.DataFrame({"unique_id": rows["unique_id"].iloc[0], "ds": dates, "y": np.nan})
        come = come.assign(p=np.nan, f=np.arange(ahead) + 0.5, g=rows["g"].iloc[0])
        parts += [rows, come]
    long = pd.concat(parts, ignore_index=True)
    panel = to_panel(long, covariates=ALL)
    assert (panel.steps, panel.ahead) == (to_panel(frame, covariates=ALL).steps, ahead)
    pd.testing.assert_frame_equal(panel.frame(), long)
    assert to_panel(panel.frame(), covariates=ALL).digest == panel.digest


@settings(deadline=None, max_examples=25)
@given(frame=full_frames(), data=st.data())
def test_a_gap_is_a_row_without_values(frame: pd.DataFrame, data: st.DataObject) -> None:
    # A row inside a series is left out: it comes back with y and past covariates missing.
    inner = frame.index[frame["unique_id"].eq(frame["unique_id"].shift()) & frame["y"].isna()]
    gaps = data.draw(st.sets(st.sampled_from(list(inner)))) if len(inner) else set()
    expected = frame.drop(columns=["f", "g"])
    expected.loc[list(gaps), "p"] = np.nan
    calendar = to_panel(frame, covariates=ALL).calendar.name
    panel = to_panel(frame.drop(index=list(gaps)), calendar, Covariates(past=("p",)))
    pd.testing.assert_frame_equal(panel.frame(), expected)


@settings(deadline=None, max_examples=20)
@given(frame=full_frames(), seed=st.integers(0, 99))
def test_the_order_of_rows_of_different_series_does_not_matter(
    frame: pd.DataFrame, seed: int
) -> None:
    shuffled = frame.sample(frac=1, random_state=seed).sort_values("ds", kind="stable")
    assert to_panel(shuffled, covariates=ALL).digest == to_panel(frame, covariates=ALL).digest


@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_digest_changes_with_any_value(data: st.DataObject) -> None:
    panel = wide_panel()
    name = data.draw(st.sampled_from(["y", "past", "future", "static"]))
    values = getattr(panel, name).copy()
    at = tuple(data.draw(st.integers(0, size - 1)) for size in values.shape)
    values[at] = data.draw(
        st.sampled_from([np.nan, np.nextafter(values[at], np.inf), values[at] + 1e9])
    )
    assert replace(panel, **{name: values}).digest != panel.digest


def test_digest_changes_with_ids_stamps_calendar_and_declaration() -> None:
    panel = wide_panel()
    moved = replace(panel.calendar, stamps=panel.stamps.shift(1, freq="D"))
    digests = {
        panel.digest,
        replace(panel, ids=("a", "c")).digest,
        replace(panel, calendar=moved).digest,
        replace(panel, calendar=replace(panel.calendar, name="24h")).digest,
        replace(panel, covariates=replace(ALL, past=("q",))).digest,
    }
    assert len(digests) == 5
    assert wide_panel().digest == panel.digest


def wide_panel() -> Panel:
    frame = long_frame().assign(f=np.arange(12) / 7, p=np.arange(12) / 3)
    frame["g"] = [7.25] * 6 + [8.5] * 6
    frame.loc[[5, 11], ["y", "p"]] = np.nan
    return to_panel(frame, covariates=ALL)


def test_literal_panel() -> None:
    panel = wide_panel()
    assert (panel.ids, len(panel), panel.steps) == (("a", "b"), 2, 5)
    np.testing.assert_array_equal(panel.y, [[0.5, 1.5, 2.5, 3.5, 4.5], [6.5, 7.5, 8.5, 9.5, 10.5]])
    np.testing.assert_array_equal(panel.past[1, :, 0], np.arange(6, 11) / 3)
    np.testing.assert_array_equal(panel.future[1, :, 0], np.arange(6, 12) / 7)
    assert panel.stamps.equals(pd.date_range("2020-01-01", periods=5))
    assert list(panel.frame().columns) == ["unique_id", "ds", "y", "p", "f", "g"]


def test_cut_panel_is_what_was_known_then() -> None:
    panel = wide_panel()
    cut = panel.until(2)
    assert cut.steps == 3
    assert cut.stamps.equals(panel.stamps[:3])
    np.testing.assert_array_equal(cut.y, panel.y[:, :3])
    np.testing.assert_array_equal(cut.past, panel.past[:, :3])
    np.testing.assert_array_equal(cut.future, panel.future)
    assert cut.calendar.ahead(2).equals(panel.stamps[3:])
    assert to_panel(cut.frame(), "D", ALL).digest == cut.digest


def test_known_future_rows_follow_the_sessions_of_an_exchange() -> None:
    ds = pd.DatetimeIndex(["2018-11-20", "2018-11-21", "2018-11-23", "2018-11-26"])
    frame = pd.DataFrame({"unique_id": "A", "ds": ds, "y": [1.0, 2.0, np.nan, np.nan], "f": 1.0})
    panel = to_panel(frame, "XNYS", Covariates(future=("f",)))
    assert panel.steps == 2
    np.testing.assert_array_equal(panel.future, np.ones((1, 4, 1)))
    pd.testing.assert_frame_equal(panel.frame(), frame)
