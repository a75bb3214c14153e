"""A backtest of 20 refits, killed in the middle of one and started again, on both samples."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from flows import Result, backtest_frame, steps
from flows.cli import run
from flows.outputs import records
from flows.parameters import BacktestParameters
from tests.end_to_end.processes import kill_group, start, wait_until

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]

OPTIONS = [
    *("--models", "naive,gru-direct", "--look-back", "14", "--device", "cpu", "--epochs", "3"),
    *("--set", "network.hidden=4"),
]
SAMPLES = {
    "stocks": ["stocks", "--set", "start=2014-01-01", "--refit-every", "13"],
    "weather": ["weather", "--refit-every", "15"],
}
FOLDS = 20


@pytest.mark.parametrize(
    ("sample", "more"),
    [("stocks", []), ("weather", ["--workers", "2"])],
    ids=lambda given: "-".join(given) if isinstance(given, list) else given,
)
def test_killed_in_mid_refit_it_goes_on_and_ends_the_same(
    sample: str,
    more: list[str],
    environment: dict[str, str],
    prefect_server: str,
    tmp_path: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["backtest", *SAMPLES[sample], *OPTIONS]
    killed = start([*words, *more], environment | {"PREFECT_API_URL": prefect_server}, tmp_path)
    wait_until(lambda: done(home) >= FOLDS and bool(unfinished(home)), killed)
    kill_group(killed)
    assert unfinished(home)
    assert FOLDS <= done(home) < 2 * FOLDS
    assert run([*words, *more, "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert "gru-direct 3 epochs (3 of them before)" in err
    assert f"gru-direct {FOLDS} refits" in err
    resumed = json.loads(out)
    unkilled = straight_through(resumed["parameters"])
    assert resumed["leaderboard"] == records(unkilled.leaderboard.reset_index())
    kept = pd.read_parquet(Path(resumed["folder"]) / "backtest.parquet")
    pd.testing.assert_frame_equal(kept, unkilled.backtest, check_exact=True, check_dtype=False)
    assert list((home / "checkpoints").iterdir()) == []


def test_interrupted_all_workers_end_and_what_was_done_stays(
    environment: dict[str, str], prefect_server: str, tmp_path: Path, home: Path
) -> None:
    words = ["backtest", *SAMPLES["weather"], *OPTIONS, "--workers", "2", "--warm-start"]
    process = start(words, environment | {"PREFECT_API_URL": prefect_server}, tmp_path)
    wait_until(lambda: done(home) > FOLDS and bool(unfinished(home)), process)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert not psutil.wait_procs(children, timeout=60)[1]
    assert done(home) > FOLDS
    assert list((home / "runs").iterdir()) == []


def done(home: Path) -> int:
    """Folds of either model whose forecasts are kept."""
    return len(list(home.glob("checkpoints/*/*.npz")))


def unfinished(home: Path) -> list[Path]:
    """Trainings that a fold is in the middle of."""
    begun = home.glob("checkpoints/*/training.safetensors")
    return [path for path in begun if not (path.parent / "fitted").exists()]


def straight_through(fields: dict[str, Any]) -> Result:
    """The backtest of these parameters, never killed, in this process alone."""
    fetched = steps.fetch_data(BacktestParameters(**fields))
    del fields["source"]
    return backtest_frame(fetched.frame, **fields)
