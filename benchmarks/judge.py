"""What the judgement of trained models costs: backtest, tables, tests of significance, report.

    python -m benchmarks.judge --data DIR
    python -m benchmarks.judge --data DIR --dataset ETTh1 --horizon 24 --models naive,gru-direct

Trains the models on all series of the file, then judges them as a run of `forecastle backtest`
does: from every origin of the validation and of the test range, and writes every file of the run,
the report among them. Given are the seconds of each part and the size of the report.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks.data import add_data, cut, find
from benchmarks.record import add_json, ending, write
from flows import steps
from flows.candidates import candidates_of
from flows.outputs import write_outputs
from flows.parameters import BacktestParameters
from flows.results import Result
from models.settings import TrainingSettings

MODELS = "naive,seasonal-naive,theta,ridge,lstm-direct,gru-direct"
T = TypeVar("T")


def judge(parameters: BacktestParameters, folder: Path) -> dict[str, float]:
    """Seconds of each part, origins and series, and bytes of the report in `folder`."""
    fetched = steps.fetch_data(parameters)
    settled = steps.settle(parameters, fetched)
    panel, split = cut(steps.panel_of(fetched, settled), Path(parameters.source).stem)
    candidates = candidates_of(settled, panel.calendar.season)
    found: dict[str, float] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        begun = time.perf_counter()
        done = work()
        found[name] = time.perf_counter() - begun
        print(f"{name:32} {found[name]:8.2f} s", flush=True)
        return done

    for candidate in candidates:
        timed(f"training of {candidate.name}", partial(candidate.fit, panel, split))
    begun = time.perf_counter()
    backtests = timed("backtest", lambda: steps.compare(candidates, panel, split, settled))
    result = Result(settled, fetched, panel, split, candidates, *backtests)
    timed("significance", lambda: result.significance)
    timed("leaderboard and slices", lambda: (result.leaderboard, result.slices))
    timed("intervals of the metrics", lambda: result.intervals)
    timed("files and report", lambda: write_outputs(result, folder))
    found["judged in all"] = time.perf_counter() - begun
    found |= {"origins": len(result.test.origins), "series": len(panel)}
    found["report bytes"] = (folder / "report.html").stat().st_size
    found["peak GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_data(parser)
    parser.add_argument("--horizon", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=2, help="of the networks")
    parser.add_argument("--models", default=MODELS, help="names with commas between")
    add_json(parser)
    options = parser.parse_args()
    parameters = BacktestParameters(
        source=str(find(options.data, options.dataset, "--dataset or --data")),
        horizon=options.horizon,
        models=options.models.split(","),
        training=TrainingSettings(epochs=options.epochs),
    )
    with tempfile.TemporaryDirectory() as folder:
        found = judge(parameters, Path(folder))
    print(
        f"\n{found['origins']:,.0f} origins × {found['series']:.0f} series × {options.horizon} "
        f"steps, {len(parameters.models)} models: {found['judged in all']:.1f} s after training, "
        f"report {found['report bytes'] / 1e6:.1f} MB, peak {found['peak GiB']:.2f} GiB"
    )
    write(options.json, found)


if __name__ == "__main__":
    ending(main)
