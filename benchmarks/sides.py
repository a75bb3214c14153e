"""The sides of the speed comparisons, each as it would really be run.

Every side learns the same job from the same standardised values: LSTM or GRU, hidden 64 × 2, look-
back 96, horizon 24, all steps at once, Adam, absolute error, no covariates.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, count, islice
from statistics import mean

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.bare import Bare, Windows, forecast
from features.lens import Lens
from features.panel import Panel
from features.splits import Split
from models.forecaster import NetworkForecaster, forecasting_task
from models.network import Batch, Network
from models.settings import Cell, NetworkSettings, TrainingSettings
from models.training import Task, make_fabric, train

LOOK_BACK, HORIZON, HIDDEN, LAYERS = 96, 24, 64, 2
SEGMENT, SEGMENT_CHUNK = 24, 8
"""Points that a step of the segmented network eats, and its origins in a training row, as in
`benchmarks.ltsf`."""
BARE_BACKTEST_SHARE = 8
"""The bare loop forecasts every eighth origin: its rate does not depend on how many there are."""
OURS = "forecastle"
JUDGED_SHARE = 4
"""A validation error is taken over every fourth origin, the same for all sides."""
INFERENCE_BATCH = 1024
COPIES = 16
"""Times that every series is there where large batches are tried, which few series cannot fill."""


def settle() -> None:
    """Wait until a card has done what it was asked, so that a clock tells the truth."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


@dataclass
class Watch:
    """Seconds of each training step, and the validation error between steps, which is not timed."""

    every: int = 0
    """Steps between two validations; 0: none."""
    seconds: list[float] = field(default_factory=list)
    errors: list[tuple[int, float]] = field(default_factory=list)
    """(steps trained, validation MAE)."""
    begun: float = 0.0

    def start(self) -> None:
        """The next step begins now."""
        self.begun = time.perf_counter()

    def step(self) -> None:
        """A step is over."""
        settle()
        now = time.perf_counter()
        self.seconds.append(now - self.begun)
        self.begun = now

    @property
    def due(self) -> bool:
        """Whether it is time to validate."""
        return self.every > 0 and len(self.seconds) % self.every == 0

    def judged(self, error: float) -> None:
        """Note the validation error after the steps so far."""
        self.errors.append((len(self.seconds), error))
        self.start()


class Side(ABC):
    """One way to train and to backtest."""

    name: str
    origins: float
    """Forecast origins with targets that a training step learns from."""
    libraries: tuple[str, ...] = ()
    """What it imports when it is used."""

    @abstractmethod
    def train(self, rate: float, steps: int, watch: Watch) -> None:
        """Train a fresh network, always from the same seed."""

    @abstractmethod
    def backtest(self) -> int:
        """Forecast from every origin of the series with the last network; how many they were."""

    @abstractmethod
    def judge(self) -> float:
        """Validation MAE of the last network, on standardised values."""


class OnePass(Side):
    """Forecastle's forecaster, in the steps of `NetworkForecaster.fit`."""

    libraries = ("lightning_fabric",)

    def __init__(
        self,
        panel: Panel,
        split: Split,
        cell: Cell,
        training: TrainingSettings,
        segment: int = 1,
    ) -> None:
        network = NetworkSettings(
            layers=LAYERS,
            hidden=HIDDEN,
            dropout=0.0,
            segment=segment,
            look_back=LOOK_BACK,
            calendar=False,
        )
        self.name = OURS if segment == 1 else f"{OURS}, segments of {segment}"
        self.panel, self.split, self.training = panel, split, training
        self.forecaster = NetworkForecaster(cell, "direct", HORIZON, network, training)
        lens = Lens.fit(panel, split.train, self.forecaster.scaling, HORIZON, network.calendar)
        self.forecaster.ids, self.forecaster.lens = panel.ids, lens
        device = make_fabric(training).device
        self.signal = lens.signal(panel.until(split.validation.stop - 1), device)
        self.origins = mean(map(self._origins, islice(self.batches(), 20)))

    def train(self, rate: float, steps: int, watch: Watch) -> None:  # noqa: D102
        every = watch.every or steps
        epochs = -(-steps // every)
        settings = replace(self.training, learning_rate=rate, epochs=epochs, patience=epochs)
        task = self._task(settings)

        def batches(epoch: int, generator: torch.Generator) -> Iterator[Batch]:
            drawn = chain.from_iterable(task.batches(epoch, generator) for _ in count())
            watch.start()
            for batch in islice(drawn, every):
                yield batch
                watch.step()

        def judge(_: nn.Module) -> float:
            error = self.judge() if watch.every else 0.0
            watch.judged(error)
            return error

        train(self.net, replace(task, steps=every, batches=batches, judge=judge), settings)

    def backtest(self) -> int:  # noqa: D102
        origins = np.arange(LOOK_BACK - 1, self.panel.steps - HORIZON)
        return self.forecaster.forecast(self.panel, origins)[..., 0].size

    def judge(self) -> float:  # noqa: D102
        origins = self.split.origins("validation", HORIZON, JUDGED_SHARE)
        truth = self.panel.y[:, origins[:, None] + np.arange(1, HORIZON + 1)]
        known = self.panel.until(self.split.validation.stop - 1)
        return float(np.abs(self.forecaster.forecast(known, origins) - truth).mean())

    @property
    def net(self) -> Network:
        """The last network."""
        assert self.forecaster.net is not None
        return self.forecaster.net

    def batches(self) -> Iterator[Batch]:
        """Those of one epoch."""
        return self._task(self.training).batches(0, torch.Generator().manual_seed(0))

    def _task(self, settings: TrainingSettings) -> Task:
        """A fresh network's."""
        torch.manual_seed(settings.seed)
        self.forecaster.net = self.forecaster.make(self.signal)
        return forecasting_task(self.net, self.signal, self.split, settings)

    def _origins(self, batch: Batch) -> int:
        ends = batch.rows.ends(self.net.settings.segment)[:, self.net.lead :]
        return int((ends + HORIZON < batch.stop).sum())


class Windowed(Side):
    """What all sides have in common that encode every window from scratch."""

    def __init__(self, panel: Panel, split: Split, cell: Cell, batch: int) -> None:
        self.windows = Windows(torch.as_tensor(panel.y, dtype=torch.float32), LOOK_BACK, HORIZON)
        self.split, self.cell, self.batch, self.origins = split, cell, batch, batch

    @abstractmethod
    def network(self, windows: Tensor) -> Tensor:
        """[B, look-back] → [B, horizon]."""

    def judge(self) -> float:  # noqa: D102
        origins = torch.as_tensor(self.split.origins("validation", HORIZON, JUDGED_SHARE))
        pairs = torch.cartesian_prod(torch.arange(len(self.windows.values)), origins)
        targets = self.windows.cut(*pairs.unbind(1))[1]
        out = forecast(self.network, self.windows, pairs, INFERENCE_BATCH)
        return float((out - targets).abs().mean())


class BareLoop(Windowed):
    """The hand-written loop."""

    name = "bare loop"

    def __init__(
        self, panel: Panel, split: Split, cell: Cell, batch: int, device: str = "cpu"
    ) -> None:
        super().__init__(panel, split, cell, batch)
        self.device = device
        self.windows.values = self.windows.values.to(device)

    def train(self, rate: float, steps: int, watch: Watch) -> None:  # noqa: D102
        torch.manual_seed(0)
        self.model = Bare(self.cell, HIDDEN, LAYERS, HORIZON).to(self.device)
        optimizer = torch.optim.Adam(self.model.parameters(), lr=rate)
        watch.start()
        for pairs in islice(self._batches(), steps):
            inputs, targets = self.windows.cut(*pairs.unbind(1))
            optimizer.zero_grad()
            nn.functional.l1_loss(self.model(inputs), targets).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
            watch.step()
            if watch.due:
                watch.judged(self.judge())

    def backtest(self) -> int:  # noqa: D102
        pairs = self.windows.pairs(range(self.windows.values.shape[1]))[::BARE_BACKTEST_SHARE]
        return len(forecast(self.network, self.windows, pairs, INFERENCE_BATCH))

    def network(self, windows: Tensor) -> Tensor:  # noqa: D102
        out: Tensor = self.model(windows)
        return out

    def _batches(self) -> Iterator[Tensor]:
        drawn = (
            self.windows.epoch(self.split.train, self.batch, torch.Generator().manual_seed(epoch))
            for epoch in count()
        )
        return (pairs for pairs in chain.from_iterable(drawn) if len(pairs) == self.batch)


def copied(panel: Panel) -> Panel:
    """Every series `COPIES` times, under as many names."""
    ids = tuple(f"{name} {copy}" for copy in range(COPIES) for name in panel.ids)
    y, past, future, static = (
        np.concatenate([part] * COPIES)
        for part in (panel.y, panel.past, panel.future, panel.static)
    )
    return Panel(ids, panel.calendar, y, past, future, static, panel.covariates)


def segmented(panel: Panel, split: Split, cell: Cell) -> OnePass:
    """One pass over segments: the same recurrence walks a day in one step."""
    training = TrainingSettings(chunk_origins=SEGMENT_CHUNK, device="cpu")
    return OnePass(panel, split, cell, training, SEGMENT)
