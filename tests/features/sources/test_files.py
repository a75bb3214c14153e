from __future__ import annotations

import os
import socket
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import UserError
from features.schema import to_panel
from features.sources import ColumnMapping, fetch
from features.sources.files import read_file
from features.sources.sniff import HEAD
from tests.features.frames import long_frame

WIDE = """date,HUFL,OT
2016-07-01 00:00:00,5.8,30.5
2016-07-01 01:00:00,,27.7
2016-07-01 02:00:00,5.1,27.0
"""


def written(folder: Path, text: str | bytes, name: str = "some.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refused(path: Path, mapping: ColumnMapping | None = None) -> str:
    """Why a file is refused, in one sentence that begins with its name."""
    with pytest.raises(UserError) as caught:
        read_file(path, mapping)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith(f"cannot read {path}: ")
    return sentence.removeprefix(f"cannot read {path}: ")


def test_wide_csv_loads_by_itself(tmp_path: Path) -> None:
    fetched = fetch(str(written(tmp_path, WIDE, "ETTh1.csv")))
    hours = pd.date_range("2016-07-01", periods=3, freq="h")
    expected = pd.DataFrame(
        {
            "unique_id": ["HUFL"] * 3 + ["OT"] * 3,
            "ds": [*hours, *hours],
            "y": [5.8, np.nan, 5.1, 30.5, 27.7, 27.0],
        }
    )
    pd.testing.assert_frame_equal(fetched.frame, expected)
    assert (fetched.title, fetched.experiment, fetched.calendar) == ("ETTh1", "ETTh1", "auto")
    assert to_panel(fetched.frame).calendar.name == "h"


def test_column_mapping_picks_and_names_series(tmp_path: Path) -> None:
    path = written(tmp_path, WIDE)
    frame = read_file(path, ColumnMapping(date="date", columns={"OT": "oil"})).frame
    assert frame["unique_id"].tolist() == ["oil"] * 3
    assert read_file(path, ColumnMapping(date="date")).frame["unique_id"].nunique() == 2


def test_column_mapping_that_names_what_is_not_there(tmp_path: Path) -> None:
    path = written(
        tmp_path, WIDE.replace("HUFL", "drizzle").replace("5.8", "a").replace("5.1", "b")
    )
    assert refused(path, ColumnMapping(columns={"OTT": "oil"})) == (
        "unknown column 'OTT'; the file has drizzle, OT; did you mean 'OT'?"
    )
    assert refused(path, ColumnMapping(date="when")).startswith("unknown column 'when'; the file")
    assert refused(path, ColumnMapping(columns={"drizzle": "x"})) == (
        "column 'drizzle' holds 'a', expected numbers; map a number column"
    )
    assert "'OT' holds float64 values" in refused(path, ColumnMapping(date="OT"))
    with pytest.raises(UserError, match="gives two columns the series id 'x', expected different"):
        ColumnMapping(columns={"HUFL": "x", "OT": "x"})


def test_long_csv_keeps_ids_as_text_and_all_columns(tmp_path: Path) -> None:
    frame = long_frame(("007", "b")).assign(volume=1.5, note="x")
    path = tmp_path / "long.csv"
    frame.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_file(path).frame, frame)


def test_long_csv_without_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    long_frame().rename(columns={"y": "Y1"}).to_csv(path, index=False)
    assert refused(path).startswith("unknown column 'y'; the frame has unique_id, ds, Y1; add it")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_byte_order_mark_and_text_columns(tmp_path: Path, delimiter: str) -> None:
    text = 'day,note,°C\n2024-01-01,"wet, cold",1\n2024-01-02,dry,2\n'
    text = "\ufeff" + text.replace(",", delimiter).replace(f"wet{delimiter} cold", "wet, cold")
    frame = read_file(written(tmp_path, text)).frame
    assert frame["unique_id"].tolist() == ["°C", "°C"]
    assert frame["y"].tolist() == [1, 2]


def test_a_saved_index_and_numbered_columns(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    dates = pd.date_range("2024-01-01", periods=3).rename("date")
    pd.DataFrame({"date": dates, "0": [1, 2, 3], "OT": [4, 5, 6]}).to_csv(path)
    assert read_file(path).frame["unique_id"].unique().tolist() == ["0", "OT"]
    pd.DataFrame({"0": [1, 2, 3]}, index=dates.rename(None)).to_csv(path)
    assert read_file(path).frame["ds"].tolist() == list(dates)


def test_days_as_whole_numbers_in_a_column_named_so(tmp_path: Path) -> None:
    path = written(tmp_path, "DATE,MONTH,T\n20000101,1,2.5\n20000102,1,3.5\n")
    frame = read_file(path).frame
    assert frame["unique_id"].tolist() == ["MONTH", "MONTH", "T", "T"]
    assert frame["ds"].tolist()[:2] == [pd.Timestamp("2000-01-01"), pd.Timestamp("2000-01-02")]


@pytest.mark.parametrize("index", [False, True])
def test_parquet(tmp_path: Path, index: bool) -> None:
    path = tmp_path / "any name"
    frame = long_frame()
    (frame.set_index(["unique_id", "ds"]) if index else frame).to_parquet(path)
    pd.testing.assert_frame_equal(read_file(path).frame, frame)
    wide = frame.pivot(index="ds", columns="unique_id", values="y").rename_axis(None)
    wide.to_parquet(path)
    pd.testing.assert_frame_equal(read_file(path).frame, frame)


def test_not_there_a_folder_no_file_empty(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.csv") == "there is no such file; check the name and the folder"
    assert refused(tmp_path).startswith("it is a folder, expected a CSV or Parquet file")
    assert refused(Path(os.devnull)).startswith("it is no regular file, expected a CSV or Parquet")
    assert refused(written(tmp_path, "")).startswith("it is empty, expected a header line and rows")
    assert refused(written(tmp_path, "\n \n")).startswith("it is empty")


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(tmp_path / ("a" * 300)).startswith("the system says 'File name too long'; check")
    with socket.socket(socket.AF_UNIX) as end:
        monkeypatch.chdir(tmp_path)  # a socket's address is short
        end.bind("end")
        assert refused(tmp_path / "end").startswith("it is no regular file")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x7fELF\x02\x01\x00", "byte 4 is 0x02, so it is binary and not CSV, expected UTF-8"),
        (b"date,OT\n2024-01-01,\x00", "byte 19 is 0x00, so it is binary"),
        (WIDE.encode("utf-16"), "byte 3 is 0x00, so it is binary"),
        ("date,°C\n2024-01-01,1\n".encode("latin-1"), "byte 5 is 0xb0, which is not UTF-8, expect"),
        (b"Dear all\nthis is a letter\n", "its first line 'Dear all' holds no delimiter (comma,"),
        (b"date\n2024-01-01\n", "its first line 'date' holds no delimiter"),
        (b"date,OT\n", "it has a header but no rows, expected one row a date"),
        (b"date,OT", "it has a header but no rows"),
        (b"2024-01-01,1\n2024-01-02,2\n", "its first line '2024-01-01,1' holds values, expected a"),
        (b"20240101,1\n20240102,2\n", "its first line '20240101,1' holds values, expected a head"),
        (b"date,OT,OT\n2024-01-01,1,2\n", "two columns are called 'OT', expected different names"),
        (
            b"date,OT\n2024-01-01,1,2\n",
            "line 2 has 3 fields and the header has 2 (delimiter comma)",
        ),
        (b"a,b\n1,2\n3,4\n", "none of its columns (a, b) holds dates, expected one with dates su"),
        (
            b"date,b\n2024-01-01,x\n",
            "none of its columns (b) beside the dates holds numbers, expec",
        ),
        (b"date;b\n2024-01-01;1,5\n", "none of its columns (b) beside the dates holds numbers"),
        (
            b"date,b\n2024-01-01,1\n2024-01-02,1.2.3\n",
            "column 'b' holds '1.2.3' in row 1 among numbers, expected a number",
        ),
        (
            b"date,b\n02/01/2024,1\n03/01/2024,2\n",
            "column 'date' holds dates such as '02/01/2024' that read as month/day and as day/mon",
        ),
        (
            b"date,name,b\n2024-01-01,x,1\n2024-01-01,y,2\n",
            "2024-01-01 00:00:00 occurs twice in the date column 'date', expected one row a date",
        ),
    ],
)
def test_no_table(tmp_path: Path, content: bytes, reason: str) -> None:
    assert refused(written(tmp_path, content)).startswith(reason)


def test_dates_that_stop_being_dates(tmp_path: Path) -> None:
    rows = "".join(f"2024-01-{day:02d},{day}\n" for day in range(1, 29)) * 2
    path = written(tmp_path, f"date,b\n{rows}total,9\n")
    assert refused(path).startswith("column 'date' holds 'total' in row 56, expected a date")


def test_lines_that_go_wrong_behind_the_head(tmp_path: Path) -> None:
    good = "date,b\n" + "2024-01-01,1\n" * 200
    reason = refused(written(tmp_path, good + "1,2,3,4\n"))
    assert reason.startswith("it is not CSV all through (Error tokenizing data.")
    assert "line 202, saw 4" in reason
    padding = "2024-01-01,1\n" * (HEAD // 13)
    assert "it is not CSV all through" in refused(
        written(tmp_path, (good + padding).encode() + b"\xff")
    )


def test_wrong_parquet(tmp_path: Path) -> None:
    assert refused(written(tmp_path, WIDE, "some.parquet")).startswith("it does not begin as Parq")
    good = tmp_path / "good.parquet"
    long_frame().head(0).to_parquet(good)
    assert refused(good).startswith("it holds no rows, expected one row a date")
    long_frame().to_parquet(good)
    assert refused(written(tmp_path, good.read_bytes()[:300], "cut")).startswith(
        "it begins as Parquet does but is broken or cut off; write or copy it again"
    )


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"\xde\xad\xbe\xef", "byte 4 is 0x00, so it is binary"),
        (b"x" * HEAD, f"its first {HEAD} bytes hold no line break, expected a CSV file"),
        (b"lorem, ipsum dolor sit amet\n consectetur\n" * 2000, "line 2 has 1 fields and the head"),
    ],
)
def test_200_mb_of_garbage_are_refused_from_the_first_bytes(
    tmp_path: Path, start: bytes, reason: str
) -> None:
    path = written(tmp_path, start)
    os.truncate(path, 200 * 2**20)
    tracemalloc.start()
    try:
        assert refused(path).startswith(reason)
        assert tracemalloc.get_traced_memory()[1] < 20 * HEAD
    finally:
        tracemalloc.stop()
