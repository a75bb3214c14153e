from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import UserError
from features.schema import to_panel
from features.sources import SOURCES, Query, fetch


def test_registry() -> None:
    assert set(SOURCES) >= {"stocks", "weather"}


def test_stocks_are_two_indices_on_every_session_of_twenty_years() -> None:
    fetched = fetch("stocks")
    panel = to_panel(fetched.frame, fetched.calendar, fetched.covariates)
    assert (panel.ids, panel.steps) == (("NASDAQ", "SP500"), 5031)
    assert np.isfinite(panel.y).all()
    np.testing.assert_allclose(panel.y[1, [0, -1]], [1228.099976, 2506.850098])
    assert panel.calendar.name == "XNYS"
    assert [str(day.date()) for day in panel.calendar.ahead(2)] == ["2019-01-02", "2019-01-03"]
    assert (fetched.experiment, fetched.unit, fetched.log) == ("stocks", "index points", True)
    assert {"open", "high", "low", "close", "volume", "range"} <= set(fetched.frame.columns)


def test_a_volume_of_zero_is_missing() -> None:
    volume = fetch("stocks").frame["volume"]
    assert volume.isna().sum() == 2
    assert volume.min() > 0


def test_weather_is_the_temperatures_of_four_years() -> None:
    fetched = fetch("weather")
    panel = to_panel(fetched.frame, fetched.calendar, fetched.covariates)
    assert (panel.ids, panel.steps) == (("temp_max", "temp_min"), 1461)
    assert panel.y[:, 0].tolist() == [12.8, 5.0]
    assert panel.past[:, 1].tolist() == [[10.9, 4.5], [10.9, 4.5]]
    assert (panel.calendar.name, fetched.unit, fetched.log) == ("D", "°C", False)
    assert str(panel.calendar.ahead(1)[0].date()) == "2016-01-01"


@pytest.mark.parametrize("name", list(SOURCES))
def test_every_source_passes_the_door_and_infers_its_own_calendar(name: str) -> None:
    fetched = SOURCES[name](Query())
    declared = to_panel(fetched.frame, fetched.calendar, fetched.covariates)
    assert to_panel(fetched.frame, "auto", fetched.covariates).digest == declared.digest
    assert fetched.title
    assert fetched.experiment


@pytest.mark.parametrize(("name", "package"), [("stocks", "arch"), ("weather", "vega_datasets")])
def test_a_source_that_another_package_holds_says_so(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [module for module in sys.modules if module.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=f"the {name} sample needs the package {package}, which is"):
        fetch(name)


def test_a_query_narrows_series_and_span() -> None:
    query = Query(("SP500",), pd.Timestamp("2010-01-01"), pd.Timestamp("2010-01-06"))
    frame = fetch("stocks", query).frame
    assert frame["unique_id"].unique().tolist() == ["SP500"]
    assert [str(day.date()) for day in frame["ds"]] == ["2010-01-04", "2010-01-05", "2010-01-06"]
    assert frame.index.tolist() == [0, 1, 2]


def test_a_query_for_what_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match=r"unknown series 'temp_mx' in Seattle .*'temp_max'\?"):
        fetch("weather", Query(("temp_mx",)))
    with pytest.raises(UserError, match=r"no rows from 2020-01-01 .* to 2015-12-31 .*, expected a"):
        fetch("weather", Query(start=pd.Timestamp("2020-01-01")))


def test_plain_dates_of_a_query_are_read_in_the_time_zone_of_the_data(tmp_path: Path) -> None:
    hours = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC")
    path = tmp_path / "aware.csv"
    pd.DataFrame({"at": hours, "load": range(48)}).to_csv(path, index=False)
    frame = fetch(str(path), Query(start=pd.Timestamp("2024-01-02"))).frame
    assert frame["y"].tolist() == list(range(24, 48))


def test_a_date_with_a_time_zone_means_that_date_for_data_without_one() -> None:
    asked = Query(start=pd.Timestamp("2015-12-01T00:00+01:00"))
    assert fetch("weather", asked).frame["ds"].min() == pd.Timestamp("2015-12-01")


def test_an_unknown_source_is_refused_with_a_guess() -> None:
    with pytest.raises(UserError, match=r"unknown source 'stock', .*did you mean 'stocks'\?"):
        fetch("stock")
    names = ", ".join(SOURCES)
    with pytest.raises(UserError, match=f"the sources are {names}; name one of these or an"):
        fetch("moon")
    with pytest.raises(UserError, match=r"cannot read moon\.csv: there is no such file; check"):
        fetch("moon.csv")
