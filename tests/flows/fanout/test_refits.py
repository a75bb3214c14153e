"""Refits: warm and cold, in one process and in several, killed and taken up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from evaluation.backtest import Backtest, forecast_origins
from evaluation.rolling import rolling_backtest
from features.panel import Floats, Panel
from features.splits import Fold, Split
from flows import steps
from flows.candidates import Candidate, candidates_of, forget
from flows.fanout import refits
from flows.fanout.refits import forecast_fold, forget_refits, refit
from flows.fanout.workers import workers
from flows.parameters import BacktestParameters
from models.ensemble import Ensemble
from models.forecaster import NetworkForecaster
from models.registry import AnyForecaster, Recipe, build, start_from
from models.settings import NetworkSettings, TrainingSettings
from tests.flows.small import given

MODELS = ["naive", "gru-direct"]


def parameters(**fields: Any) -> BacktestParameters:
    return BacktestParameters(**given("x", models=MODELS, refit_every=10, **fields))


def of(folder: Path | None, split: Split, **fields: Any) -> tuple[list[Candidate], list[Fold]]:
    p = parameters(**fields)
    return candidates_of(p, 7, folder), steps.folds_of(split, p)


def refitted(panel: Panel, split: Split, folder: Path | None = None, **fields: Any) -> Backtest:
    candidates, cut = of(folder, split, **fields)
    return refit(candidates, panel, cut, parameters(**fields))


def network(backtest: Backtest) -> Floats:
    return backtest.forecasts["gru-direct"]


@pytest.fixture(scope="module")
def cold(panel: Panel, split: Split) -> Floats:
    return network(refitted(panel, split))


@pytest.fixture(scope="module")
def warm(panel: Panel, split: Split) -> Floats:
    return network(refitted(panel, split, warm_start=True))


def test_a_refit_is_the_network_fitted_by_hand(panel: Panel, split: Split, cold: Floats) -> None:
    candidates, cut = of(None, split)
    assert len(cut) == 3
    for k, fold in enumerate(cut):
        by_hand = build("gru-direct", candidates[1].recipe)
        by_hand.fit(panel.until(fold.first), fold.split)
        want = forecast_origins(by_hand, panel.until(fold.last), fold.origins)
        np.testing.assert_array_equal(cold[:, 10 * k : 10 * (k + 1)], want)


def test_a_warm_start_begins_from_the_fold_before(
    panel: Panel, split: Split, cold: Floats, warm: Floats
) -> None:
    np.testing.assert_array_equal(warm[:, :10], cold[:, :10])
    assert (warm[:, 10:] != cold[:, 10:]).any(axis=(0, 2)).all()
    candidates, cut = of(None, split)
    before = None
    for k, fold in enumerate(cut):
        by_hand = build("gru-direct", candidates[1].recipe)
        if before is not None:
            start_from(by_hand, before)
        by_hand.fit(panel.until(fold.first), fold.split)
        want = by_hand.forecast(panel.until(fold.last), fold.origins)
        np.testing.assert_array_equal(warm[:, 10 * k : 10 * (k + 1)], want)
        before = by_hand


@pytest.fixture(scope="module")
def two() -> Iterator[Executor | None]:
    with workers(2) as executor:
        yield executor


@pytest.mark.parametrize("warm_start", [False, True])
def test_workers_change_no_bit(
    panel: Panel, split: Split, warm_start: bool, tmp_path: Path, cold: Floats, warm: Floats,
    two: Executor,
) -> None:  # fmt: skip
    candidates, cut = of(tmp_path, split)
    made = [candidate.anew(warm_start) for candidate in candidates]
    found = rolling_backtest(made, panel, cut, two, in_turn=warm_start, work=forecast_fold)
    np.testing.assert_array_equal(network(found), warm if warm_start else cold)
    assert len(list(tmp_path.glob("*/*.npz"))) == 2 * 3


def test_what_was_done_is_taken_up(
    panel: Panel, split: Split, cold: Floats, warm: Floats, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Also warm beside cold: neither finds what the other left, but the first fold, the same."""
    for found, expected in ((False, cold), (True, warm)):
        made = network(refitted(panel, split, tmp_path, warm_start=found))
        np.testing.assert_array_equal(made, expected)
    assert len(list(tmp_path.glob("*/fitted"))) == 2 * (3 + 2)

    def refuse(*_: Any) -> Any:
        raise AssertionError("done twice")

    monkeypatch.setattr(refits, "forecast_origins", refuse)
    monkeypatch.setattr(Candidate, "_train", refuse)
    again = network(refitted(panel, split, tmp_path, warm_start=True))
    np.testing.assert_array_equal(again, warm)


@pytest.mark.parametrize("warm_start", [False, True])
def test_killed_in_the_middle_of_a_fold_it_goes_on_from_the_last_epoch(
    panel: Panel, split: Split, cold: Floats, warm: Floats, warm_start: bool, tmp_path: Path
) -> None:
    candidates, cut = of(tmp_path, split)

    def kill(_: Any) -> None:
        raise InterruptedError

    killed = candidates[1].anew(warm_start)
    forecast_fold(killed, panel.until(cut[0].last), cut[0])
    killed.watch = kill
    with pytest.raises(InterruptedError):
        forecast_fold(killed, panel.until(cut[1].last), cut[1])
    resumed = candidates[1].anew(warm_start)
    parts = []
    trained = []
    for fold in cut:
        parts.append(forecast_fold(resumed, panel.until(fold.last), fold))
        trained.append((resumed.taken_up, resumed.trained))
    assert trained == [(2, 0), (1, 1), (0, 2)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), warm if warm_start else cold)


def test_half_a_file_of_forecasts_is_never_read(
    panel: Panel, split: Split, cold: Floats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(file: Any, **arrays: Floats) -> None:
        file.write(b"half")
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr(np, "savez", broken)
        with pytest.raises(InterruptedError):
            refitted(panel, split, tmp_path)
    assert not list(tmp_path.glob("*/*.npz"))
    np.testing.assert_array_equal(network(refitted(panel, split, tmp_path)), cold)


@pytest.mark.parametrize("warm_start", [False, True])
def test_the_first_fold_is_the_first_fit_and_all_is_forgotten(
    panel: Panel, split: Split, warm_start: bool, tmp_path: Path
) -> None:
    candidates, cut = of(tmp_path, split, warm_start=warm_start)
    for candidate in candidates:
        candidate.fit(panel, split)
    refit(candidates, panel, cut, parameters(warm_start=warm_start))
    assert len(list(tmp_path.iterdir())) == 2 * len(cut)
    stranger = tmp_path / "of-another-run"
    stranger.mkdir()
    forget(candidates)
    forget_refits(candidates, panel, cut, warm_start)
    assert list(tmp_path.iterdir()) == [stranger]


def test_a_refit_uses_one_thread_and_gives_the_others_back(panel: Panel, split: Split) -> None:
    seen: set[int] = set()
    candidates, cut = of(None, split)

    def threads() -> set[int]:
        return {torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())}

    with threadpool_limits(2):
        candidates[1].watch = lambda _: seen.update(threads())
        forecast_fold(candidates[1], panel, cut[0])
        assert (seen, max(threads())) == ({1}, 2)


RECIPE = Recipe(3, 7, NetworkSettings(hidden=4, look_back=14), TrainingSettings(epochs=1))

LITTLE = replace(RECIPE, network=NetworkSettings(hidden=4, look_back=5))


def weights(forecaster: AnyForecaster) -> Iterator[torch.Tensor]:
    members = forecaster.members if isinstance(forecaster, Ensemble) else [forecaster]
    for member in members:
        assert isinstance(member, NetworkForecaster)
        assert member.net is not None
        yield torch.cat([p.detach().flatten() for p in member.net.parameters()])


@pytest.mark.parametrize("members", [1, 2])
def test_each_network_starts_where_its_like_ended(members: int, panel: Panel, split: Split) -> None:
    """With a learning rate of almost nothing, the weights stay those that it began from."""
    first = build("gru-direct", replace(RECIPE, training=TrainingSettings(1, members=members)))
    first.fit(panel, split)
    still = TrainingSettings(1, learning_rate=1e-12, members=members, seed=9)
    second = build("gru-direct", replace(RECIPE, training=still))
    start_from(second, first)
    second.fit(panel, split)
    for one, other in zip(weights(first), weights(second), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-8)
    second.fit(panel, split)  # a start serves once
    for one, other in zip(weights(first), weights(second), strict=True):
        assert not torch.allclose(one, other, rtol=0, atol=1e-8)


def test_with_other_inputs_a_network_begins_anew(panel: Panel, split: Split) -> None:
    """Of a range that shows no week twice."""
    short = Split(range(14), range(14, 20), range(20, 20))
    first, second, alone = (build("gru-direct", LITTLE) for _ in range(3))
    first.fit(panel, short)
    start_from(second, first)
    for one in (second, alone):
        one.fit(panel, split)
    assert torch.equal(next(weights(second)), next(weights(alone)))


def test_what_has_no_weights_ignores_a_warm_start() -> None:
    naive = build("naive", RECIPE)
    start_from(naive, build("naive", RECIPE))
    assert naive == build("naive", RECIPE)


def test_no_library_that_comes_later_has_more_threads() -> None:
    """In a process that has loaded nothing yet, as a worker's when its first unit comes."""
    code = (
        "from threadpoolctl import threadpool_info; from flows.fanout.refits import one_thread\n"
        "with one_thread():\n"
        "    import scipy.linalg, sklearn.ensemble, sklearn.linear_model\n"
        "    print(*(pool['num_threads'] for pool in threadpool_info()))"
    )
    many = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | many,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(told.stdout.split()) == {"1"}
