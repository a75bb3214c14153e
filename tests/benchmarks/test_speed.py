"""What the speed comparisons share, without the peers and without a clock."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.data import simulated, standardised
from benchmarks.peers import ratio
from benchmarks.race import RATES, curve, race, reaches, told
from benchmarks.rates import gflop_per_origin
from benchmarks.sides import HIDDEN, HORIZON, LOOK_BACK, BareLoop, OnePass, Side, Watch, segmented
from features.panel import Panel
from features.splits import Split
from models.settings import Cell, TrainingSettings

TRAINING = TrainingSettings(batch_rows=2, chunk_origins=16, device="cpu")


@pytest.fixture(scope="module")
def data() -> tuple[Panel, Split]:
    """Two series of 600 hours."""
    panel, _ = simulated(series=2, steps=600)
    split = Split(range(400), range(400, 500), range(500, 600))
    return standardised(panel, split), split


def one_pass(data: tuple[Panel, Split], cell: Cell = "gru") -> OnePass:
    return OnePass(*data, cell, TRAINING)


def bare(data: tuple[Panel, Split], cell: Cell = "gru") -> BareLoop:
    return BareLoop(*data, cell, 8)


def test_values_are_standardised_by_the_training_range(data: tuple[Panel, Split]) -> None:
    panel, split = data
    train = panel.y[:, : split.train.stop]
    np.testing.assert_allclose(train.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(train.std(axis=1), 1)


def by_segments(data: tuple[Panel, Split]) -> OnePass:
    return segmented(*data, "lstm")


@pytest.mark.parametrize("make", [one_pass, by_segments, bare])
def test_a_side_trains_as_many_steps_and_validates_when_told(
    data: tuple[Panel, Split], make: Callable[[tuple[Panel, Split]], Side]
) -> None:
    side, watch = make(data), Watch(every=2)
    side.train(1e-3, 6, watch)
    assert len(watch.seconds) == 6
    assert [number for number, _ in watch.errors] == [2, 4, 6]
    assert side.judge() in [error for _, error in watch.errors]


@pytest.mark.parametrize("make", [one_pass, bare])
def test_a_side_begins_anew_from_the_same_seed(
    data: tuple[Panel, Split], make: Callable[[tuple[Panel, Split]], Side]
) -> None:
    side, first, second = make(data), Watch(every=1), Watch(every=1)
    side.train(1e-3, 2, first)
    side.train(1e-3, 2, second)
    assert first.errors == second.errors


def test_all_sides_are_judged_on_the_same_targets(data: tuple[Panel, Split]) -> None:
    """With weights of zero both forecast the last value, and both errors are the naive one."""
    panel, _ = data
    ours, theirs = one_pass(data), bare(data)
    for side in (ours, theirs):
        side.train(1e-3, 1, Watch())
    for network in (ours.net, theirs.model):
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.zero_()
    origins = range(399, 500 - HORIZON, 4)
    errors = [panel.y[:, t + 1 : t + 1 + HORIZON] - panel.y[:, t : t + 1] for t in origins]
    naive = float(np.abs(errors).mean())
    assert ours.judge() == pytest.approx(naive)
    assert theirs.judge() == pytest.approx(naive)


def test_a_backtest_counts_its_forecasts(data: tuple[Panel, Split]) -> None:
    ours, theirs = one_pass(data), bare(data)
    for side in (ours, theirs):
        side.train(1e-3, 1, Watch())
    every = 2 * (600 - LOOK_BACK - HORIZON + 1)
    assert ours.backtest() == every
    assert theirs.backtest() == -(-every // 8)


def test_origins_of_a_batch_are_counted_not_assumed() -> None:
    """No batch is said to hold more origins than its loss has targets for."""
    side = OnePass(*simulated(series=1, steps=14400), "gru", TrainingSettings(chunk_origins=128))
    seen = []
    for batch in islice(side.batches(), 20):
        with torch.no_grad():
            prediction = side.net(batch)
        seen.append(int((prediction.observed.sum(dim=-1) == HORIZON).sum()))
    assert side.origins == sum(seen) / 20


def test_products_are_those_of_the_layers(data: tuple[Panel, Split]) -> None:
    side = one_pass(data, "lstm")
    rows = next(side.batches()).rows
    steps = len(rows.series) * rows.count / side.origins
    weights = 4 * HIDDEN * (2 + HIDDEN) + 4 * HIDDEN * 2 * HIDDEN
    assert gflop_per_origin(side) == pytest.approx(6 * (weights * steps + HIDDEN * HORIZON) / 1e9)


@dataclass
class Scripted(Side):
    """Learns by a formula: the error after n steps."""

    error: Callable[[float, int, int], float]
    name: str = "scripted"
    seconds: float = 1.0
    origins: float = 1.0

    def train(self, rate: float, steps: int, watch: Watch) -> None:
        for number in range(1, steps + 1):
            watch.seconds.append(self.seconds)
            if watch.due:
                watch.judged(self.error(rate, number, steps))

    def backtest(self) -> int:
        return 0

    def judge(self) -> float:
        return 0.0


def test_a_curve_counts_steps_and_not_the_clock() -> None:
    side = Scripted(lambda _, number, steps: 1 / number)
    assert curve(side, 1e-3, 0.5, 10.0, 4) == [
        (2.5, 1 / 5),
        (5.0, 0.1),
        (7.5, 1 / 15),
        (10.0, 0.05),
    ]


def test_the_shortest_curve_of_one_pass_is_long_enough_for_its_schedule(
    data: tuple[Panel, Split],
) -> None:
    points = curve(one_pass(data), 1e-3, 1.0, 0.1, 10)
    assert [seconds for seconds, _ in points] == [2.0 * k for k in range(1, 11)]


def test_a_race_is_won_at_the_first_point_as_good() -> None:
    points = [(1.0, 0.9), (2.0, 0.5), (3.0, 0.6), (4.0, 0.4)]
    assert reaches(points, 0.5) == 2.0
    assert reaches(points, 0.3) == float("inf")


def test_a_race_gives_each_side_its_best_rate_and_one_pass_the_shortest_budget() -> None:
    """The rival needs 80 steps at its best rate; one pass is done in an eighth of the budget."""
    rival = Scripted(lambda rate, n, _: 1.0 if rate != RATES[1] else max(1 - n / 100, 0.2), "rival")
    ours = Scripted(
        lambda rate, n, steps: 0.1 if rate == RATES[2] and steps >= 25 else 1.0, "ours", seconds=0.5
    )
    found = race([ours], [rival], 100.0)
    assert found["rival"]["target_validation_mae"] == 0.2
    assert found["rival"]["seconds"] == 80.0
    assert found["rival"]["ours"] == {"ours": 1.0}  # the first validation in 100 / 8 seconds
    assert "80.0 times sooner" in told(found)[0]


def test_ratios_say_how_many_times_better_one_pass_is() -> None:
    row = {"forecastle": {"training": 60.0, "peak": 50.0}, "other": {"training": 2.0, "peak": 100}}
    assert ratio("training", row, "other") == 30.0
    assert ratio("peak", row, "other") == 2.0


@pytest.mark.skipif(
    all(map(find_spec, ("neuralforecast", "darts"))), reason="the peers are installed here"
)
def test_without_the_peers_there_is_one_sentence() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "benchmarks.peers"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("benchmarks.peers needs neuralforecast and darts")
    assert done.stderr.count("\n") == 1
