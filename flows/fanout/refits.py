"""Refits of a backtest: units of work that survive being killed, in this process or in several."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from evaluation.backtest import Backtest, forecast_origins
from evaluation.rolling import rolling_backtest
from features.panel import Floats, Integers, Panel
from features.splits import Fold
from flows.candidates import Candidate, remove
from flows.parameters import BacktestParameters
from models.encoder import one_core


def refit(
    candidates: Sequence[Candidate],
    panel: Panel,
    folds: Sequence[Fold],
    parameters: BacktestParameters,
    executor: Executor | None = None,
    *,
    shared: Callable[[], Panel] | None = None,
    on_done: Callable[[str, int], None] | None = None,
) -> Backtest:
    """The backtest of candidates that are made anew and fitted for each fold.

    Args:
        candidates: what to refit; they stay as they are.
        panel: the series.
        folds: the refits.
        parameters: whether fits begin from those before them.
        executor: does the folds; in this process, one after the other, where None.
        shared: gives the panel wherever a fold is done, so that no fold carries it.
        on_done: told a candidate's name and the number of its folds done, as they end.
    """
    warm = parameters.warm_start
    made = [candidate.anew(warm) for candidate in candidates]
    return rolling_backtest(
        *(made, panel, folds, executor),
        shared=shared,
        in_turn=warm,
        work=forecast_fold,
        on_done=on_done,
    )


def forecast_fold(candidate: Candidate, panel: Panel, fold: Fold) -> Floats:
    """`evaluation.rolling.forecast_fold`, except that nothing is done twice.

    A fit goes on where it was killed, and forecasts that were made are read again.
    """
    with one_thread():
        candidate.fit(panel.until(fold.first), fold.split)
        if candidate.place is None:
            return forecast_origins(candidate, panel, fold.origins)
        kept = candidate.place / f"{_digest(panel, fold.origins)}.npz"
        if not kept.exists():
            _write(kept, forecast_origins(candidate, panel, fold.origins))
        return _read(kept)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for PyTorch and for linear algebra.

    Sums over several threads end in other last bits, so the figures would depend on how many
    processes share the cores. Libraries that come later would not be limited: those that have
    threads of their own are loaded before.
    """
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401
    from threadpoolctl import threadpool_limits

    with one_core(), threadpool_limits(1):
        yield


def forget_refits(
    candidates: Sequence[Candidate], panel: Panel, folds: Sequence[Fold], warm_start: bool
) -> None:
    """Remove the checkpoints that `refit` has left, when the run has ended well."""
    before: list[str | None] = [None] * len(candidates)
    for fold in folds:
        known = panel.until(fold.first)
        for k, candidate in enumerate(candidates):
            digest = candidate.digest(known, fold.split, before[k])
            before[k] = digest if warm_start else None
            if candidate.checkpoints:
                remove(candidate.checkpoints / digest)


def _digest(panel: Panel, origins: Integers) -> str:
    """Names what a fit forecasts: equal digests, equal forecasts."""
    return hashlib.sha256(panel.digest.encode() + origins.tobytes()).hexdigest()[:24]


def _write(path: Path, forecasts: Floats) -> None:
    # a unit whose worker was only thought dead is under way twice
    whole = path.with_suffix(f".{uuid.uuid4().hex[:8]}.tmp")
    with whole.open("wb") as file:
        np.savez(file, forecasts=forecasts)
    whole.replace(path)


def _read(path: Path) -> Floats:
    with np.load(path, allow_pickle=False) as file:
        forecasts: Floats = file["forecasts"]
    return forecasts
