"""The benchmark of the judge judges as a run does."""

from pathlib import Path

import pandas as pd

from benchmarks.data import waves
from benchmarks.judge import judge
from flows.parameters import BacktestParameters


def test_every_part_is_timed_and_every_file_is_written(tmp_path: Path) -> None:
    data, out = tmp_path / "waves.csv", tmp_path / "out"
    waves(2, 400).frame().to_csv(data, index=False)
    out.mkdir()
    models = ("naive", "seasonal-naive", "ridge")
    found = judge(BacktestParameters(source=str(data), horizon=4, models=models), out)
    assert (found["origins"], found["series"]) == (80 - 4 + 1, 2)
    assert found["report bytes"] == (out / "report.html").stat().st_size
    parts = {"backtest", "significance", "leaderboard and slices", "files and report"}
    assert {*parts, *(f"training of {model}" for model in models)} <= set(found)
    frame = pd.read_parquet(out / "backtest.parquet")
    assert len(frame) == found["origins"] * 2 * 4
