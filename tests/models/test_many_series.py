"""Many series of unequal length: nothing grows with series × origins × horizon but the result."""

import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from features import panel as panels
from features.calendars import Calendar
from features.lens import Lens
from features.normalize import Scaling
from features.panel import Panel
from features.splits import Split
from models import network, origins
from models.forecaster import NetworkForecaster, forecasting_task
from models.network import Network
from models.settings import NetworkSettings, TrainingSettings
from models.training import Task

SERIES, STEPS, HORIZON, LOOK_BACK = 60, 500, 12, 24
SPLIT = Split.by_share(STEPS, 0.5, 0.4)
NEEDED = LOOK_BACK + HORIZON


def panel_of(starts: np.ndarray) -> Panel:
    """Noisy waves that begin at `starts`."""
    rng = np.random.default_rng(2)
    y = np.sin(np.arange(STEPS) / 4) + rng.normal(0, 0.1, (len(starts), STEPS))
    y[np.arange(STEPS) < starts[:, None]] = np.nan
    calendar = Calendar("D", pd.date_range("2020-01-01", periods=STEPS))
    empty = np.zeros((*y.shape, 0))
    ids = tuple(f"s{i}" for i in range(len(y)))
    return Panel(ids, calendar, y, empty, empty, np.zeros((len(y), 0)))


def task_of(panel: Panel, segment: int = 1) -> tuple[Network, Task]:
    """A network and what it is trained on."""
    forecaster = NetworkForecaster(
        "gru",
        "direct",
        HORIZON,
        NetworkSettings(hidden=4, look_back=LOOK_BACK, segment=segment, highway=True),
        TrainingSettings(batch_rows=4, chunk_origins=8, device="cpu"),
    )
    torch.manual_seed(0)
    lens = Lens.fit(panel, SPLIT.train, Scaling(), HORIZON)
    signal = lens.signal(panel)
    net = forecaster.make(signal)
    return net, forecasting_task(net, signal, SPLIT, forecaster.training)


class Widest(TorchDispatchMode):
    """Notes the size of the widest tensor that any operation makes."""

    numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for value in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(value, torch.Tensor):
                self.numbers = max(self.numbers, value.untyped_storage().nbytes() // 4)
        return out


@pytest.mark.parametrize("segment", [1, 4])
def test_no_tensor_holds_the_windows(segment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither training nor validation makes a tensor wider than the data themselves."""
    monkeypatch.setattr(origins, "PASS", 2**15)
    monkeypatch.setattr(network, "SLAB", 2**12)
    net, task = task_of(panel_of(np.zeros(SERIES, int)), segment)
    with Widest() as widest:  # type: ignore[no-untyped-call]
        for batch, _ in zip(task.batches(0, torch.Generator()), range(3), strict=False):
            task.loss(net, batch).backward()
        with torch.no_grad():
            task.judge(net.eval())
    judged = SERIES * len(SPLIT.origins("validation", HORIZON)) * HORIZON
    assert 0 < widest.numbers <= SERIES * STEPS < judged / 3


def test_scaling_takes_little_more_than_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "GROUP", 2 * STEPS)
    panel, at = panel_of(np.zeros(SERIES, int)), np.array([400])
    forecast = np.zeros((SERIES, 1, HORIZON))
    Lens.fit(panel, SPLIT.train, Scaling(), HORIZON)  # imports what it needs
    tracemalloc.start()
    lens = Lens.fit(panel, SPLIT.train, Scaling(), HORIZON)
    lens.signal(panel)
    lens.restore(forecast, panel, at)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < panel.y.nbytes / 2


def test_groups_of_series_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_of(np.arange(0, 120, 12))
    net, task = task_of(panel)
    with torch.no_grad():
        whole = task.judge(net.eval())
    monkeypatch.setattr(origins, "PASS", 2**15)
    monkeypatch.setattr(panels, "GROUP", 3 * STEPS)
    again, in_groups = task_of(panel)
    with torch.no_grad():
        assert in_groups.judge(again.eval()) == pytest.approx(whole, rel=1e-5)


def test_a_short_series_gives_no_rows_and_is_forecast() -> None:
    """Just too short, just long enough, and long: rows come from the last two."""
    edge = SPLIT.train.stop - NEEDED
    panel = panel_of(np.array([edge + 1, edge, 0]))
    _, task = task_of(panel)
    for batch in task.batches(0, torch.Generator().manual_seed(1)):
        series, first = batch.rows.series, batch.rows.first
        assert (series > 0).all()
        assert (first[series == 1] == edge).all()
    forecaster = NetworkForecaster(
        "lstm",
        "direct",
        HORIZON,
        NetworkSettings(hidden=4, look_back=LOOK_BACK),
        TrainingSettings(epochs=1, device="cpu"),
    )
    forecaster.fit(panel, SPLIT)
    assert np.isfinite(forecaster.forecast(panel, SPLIT.origins("test", HORIZON))).all()


def test_every_row_of_a_series_is_as_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Series come in proportion to the origins that they hold, however many are drawn at once."""
    starts = np.array([0, SPLIT.train.stop - NEEDED - 49, SPLIT.train.stop])
    _, task = task_of(panel_of(np.minimum(starts, SPLIT.train.stop - 2)))
    drawn = []
    for block in (1024, 5):
        monkeypatch.setattr(origins, "BLOCK", block)
        generator, rows = torch.Generator().manual_seed(1), []
        for _ in range(200):
            rows += [(b.rows.series, b.rows.first) for b in task.batches(0, generator)]
        series, first = (torch.cat(part) for part in zip(*rows, strict=True))
        drawn.append(torch.stack([series, first]))
    assert torch.equal(*drawn)
    share = (drawn[0][0] == 1).float().mean()
    assert share == pytest.approx(50 / (50 + SPLIT.train.stop - NEEDED + 1), abs=0.02)
