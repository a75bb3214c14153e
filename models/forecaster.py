"""A network as a forecaster: fit on a panel's training range, forecast from any of its origins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from features.errors import UserError
from features.lens import Lens
from features.levels import LEVELS
from features.normalize import Scaling
from features.panel import Covariates, Floats, Integers, Panel
from features.signal import Rows, Signal
from features.splits import Split
from models.direct import Direct
from models.network import Batch, Network, Prediction, Shape
from models.origins import RowSampler, forecast_all, forecast_groups, locate
from models.quantiles import middle, pinball
from models.recursive import Recursive
from models.seq2seq import Seq2Seq
from models.settings import Cell, NetworkSettings, Strategy, TrainingSettings, require
from models.training import Epoch, Task, TrainingRun, make_fabric, train

NETWORKS: dict[Strategy, type[Network]] = {
    "direct": Direct,
    "recursive": Recursive,
    "seq2seq": Seq2Seq,
}
LOSSES: dict[str, Callable[..., Tensor]] = {
    "mae": nn.functional.l1_loss,
    "mse": nn.functional.mse_loss,
    "huber": partial(nn.functional.smooth_l1_loss, beta=0.5),
    "quantile": pinball,
}


@dataclass
class NetworkForecaster:
    """One network for all series of a panel (a global model)."""

    cell: Cell
    strategy: Strategy
    horizon: int
    network: NetworkSettings = NetworkSettings()
    training: TrainingSettings = TrainingSettings()
    scaling: Scaling = Scaling()
    run: TrainingRun = TrainingRun()
    history: list[Epoch] = field(default_factory=list)
    ids: tuple[str, ...] = ()
    covariates: Covariates = Covariates()
    lens: Lens | None = None
    net: Network | None = None
    start: NetworkForecaster | None = None
    """A fitted one of the same settings, from whose weights the next `fit` begins."""

    def __post_init__(self) -> None:
        require(
            self.strategy != "recursive" or self.training.loss != "quantile",
            f"{self.name} cannot be trained with training.loss quantile, since the one path it "
            "rolls out has no quantiles beyond its first step; leave it out, or keep loss mae: its "
            "intervals are then made from its past errors",
        )

    @property
    def name(self) -> str:
        """As the registry calls it."""
        return f"{self.cell}-{self.strategy}"

    def parameters(self) -> dict[str, Any]:
        """Every setting, flat."""
        groups = {"network": self.network, "training": self.training, "scaling": self.scaling}
        flat = {f"{g}.{k}": v for g, part in groups.items() for k, v in vars(part).items()}
        return {"model": self.name, "horizon": self.horizon, **flat}

    def state(self) -> dict[str, Any]:
        """Settings, fitted lens and weights, as tensors and plain values."""
        net, lens = self._fitted()
        return {
            "horizon": self.horizon,
            "network": asdict(self.network),
            "training": asdict(self.training),
            "scaling": asdict(self.scaling),
            "ids": list(self.ids),
            "covariates": asdict(self.covariates),
            "lens": lens.state(),
            "shape": asdict(net.shape),
            "weights": net.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.ids = tuple(state["ids"])
        self.covariates = Covariates(**{k: tuple(v) for k, v in state["covariates"].items()})
        self.lens = Lens.restored(state["lens"])
        self.net = NETWORKS[self.strategy](Shape(**state["shape"]), self.network, self.cell)
        self.net.load_state_dict(state["weights"])
        self.net.eval()

    def fit(self, panel: Panel, split: Split) -> None:
        """Train on `split.train`, stop on `split.validation`.

        Raises:
            UserError: a range too short for look-back and horizon.
        """
        check_length(panel, split, self.network, self.horizon)
        self.ids, self.covariates = panel.ids, panel.covariates
        self.lens = Lens.fit(panel, split.train, self.scaling, self.horizon, self.network.calendar)
        device = make_fabric(self.training).device
        signal = self.lens.signal(panel.until(split.validation.stop - 1), device)
        torch.manual_seed(self.training.seed)
        self.net = self.make(signal)
        self._begin(self.net, self.lens)
        task = forecasting_task(self.net, signal, split, self.training)
        self.history = train(self.net, task, self.training, self.run)

    def _begin(self, net: Network, lens: Lens) -> None:
        """Take over the weights to start from, where they are for the same inputs."""
        if self.start is not None:
            before, fitted = self.start._fitted()
            if (before.shape, fitted.cycles) == (net.shape, lens.cycles):
                net.load_state_dict(before.state_dict())
            self.start = None

    def make(self, signal: Signal) -> Network:
        """An untrained network for data like `signal`."""
        S, _, C = signal.values.shape
        levels = len(LEVELS) if self.training.loss == "quantile" else 1
        known, static = signal.known.shape[2], signal.static.shape[1]
        shape = Shape(self.horizon, S, C, known, static, levels)
        return NETWORKS[self.strategy](shape, self.network, self.cell)

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H] in original units; see `evaluation.protocol.Forecaster`."""
        net, lens, out = self._forecast(panel, origins)
        return lens.restore(middle(out, net.shape.levels).numpy(), panel, origins)

    def quantiles(self, panel: Panel, origins: Integers) -> Floats | None:
        """[S, O, H, Q] in original units, None where the network was not trained for them.

        Normalisation keeps order, so they do not cross. Where it takes differences, the sum of the
        changes' quantiles is no quantile of their sum: too wide, but in order; calibration (see
        `evaluation.conformal`) narrows it.
        """
        if self.training.loss != "quantile":
            return None
        _, lens, out = self._forecast(panel, origins)
        each = [lens.restore(level.numpy(), panel, origins) for level in out.unbind(-1)]
        return np.stack(each, axis=-1)

    @torch.no_grad()
    def _forecast(self, panel: Panel, origins: Integers) -> tuple[Network, Lens, Tensor]:
        """One pass: [S, O, H] or [S, O, H, Q] in units of reach above the anchor."""
        net, lens = self._ready(panel, origins)
        return net, lens, forecast_all(net, lens.signal(panel), torch.as_tensor(origins))

    @torch.no_grad()
    def attention_map(self, panel: Panel, origin: int) -> Floats | None:
        """[S, decoder steps, span of past segments] at one origin; None without attention."""
        net, lens = self._ready(panel, np.array([origin]))
        if not isinstance(net, Seq2Seq):
            return None
        signal = lens.signal(panel)
        rows, row, step = locate(signal, net, torch.arange(len(panel)), torch.tensor([origin]))
        return net.attention_weights(signal, rows, row[:, 0], step[:, 0]).double().numpy()

    def _fitted(self) -> tuple[Network, Lens]:
        if self.net is None or self.lens is None:
            raise RuntimeError("fit or load the forecaster first")
        return self.net, self.lens

    def _ready(self, panel: Panel, origins: Integers) -> tuple[Network, Lens]:
        net, lens = self._fitted()
        if panel.ids != self.ids:
            raise UserError(
                f"{self.name} was trained on the series {', '.join(self.ids)} and got "
                f"{', '.join(panel.ids)}; give it the same series or train it again"
            )
        refuse_unknown_future(panel, int(origins.max()), self.horizon)
        return net, lens


def forecasting_task(
    net: Network, signal: Signal, split: Split, settings: TrainingSettings
) -> Task:
    """Random rows of the training range to learn from, every validation origin to be judged on."""
    sampler = RowSampler.over(signal, net, split.train, settings)
    origins = torch.as_tensor(split.origins("validation", net.shape.horizon), device=signal.device)
    pointwise = LOSSES[settings.loss]

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        return masked_mean(model(batch), pointwise)

    def batches(epoch: int, generator: torch.Generator) -> Iterator[Batch]:
        forcing = net.settings.teacher_forcing * (1 - epoch / settings.epochs)
        for rows in sampler.draw(generator):
            yield Batch(signal, rows, split.train.stop, forcing)

    def judge(model: nn.Module) -> float:
        total = count = 0.0
        for series, forecast in forecast_groups(net, signal, origins):
            prediction = judged(net, signal, series, origins, forecast, split)
            loss, seen = masked_sum(prediction, pointwise)
            total, count = total + float(loss), count + float(seen)
        return total / count if count else float("nan")

    return Task(sampler.steps, batches, loss, judge)


def judged(
    net: Network, signal: Signal, series: Tensor, origins: Tensor, forecast: Tensor, split: Split
) -> Prediction:
    """The validation range's forecasts [G, O, H] of `series` [G] beside their targets."""
    rows = Rows(series, series, 0)
    batch = Batch(signal, rows, split.validation.stop, 0.0)
    target, seen = net.targets(batch, origins.expand(len(series), -1))
    return Prediction(forecast, target, seen * torch.isfinite(middle(forecast, net.shape.levels)))


def masked_mean(prediction: Prediction, pointwise: Any) -> Tensor:
    """Mean of a pointwise loss over observed targets; NaN if there is none."""
    total, count = masked_sum(prediction, pointwise)
    return total / count


def masked_sum(prediction: Prediction, pointwise: Any) -> tuple[Tensor, Tensor]:
    """Sum of a pointwise loss over observed targets, and their number."""
    seen = prediction.observed > 0
    counts = seen if prediction.forecast.dim() == seen.dim() else seen.unsqueeze(-1)
    forecast = torch.where(counts, prediction.forecast.float(), 0.0)
    target = torch.where(seen, prediction.target, 0.0)
    total: Tensor = pointwise(forecast, target, reduction="sum")
    return total, seen.sum()


def check_length(panel: Panel, split: Split, network: NetworkSettings, horizon: int) -> None:
    """Refuse ranges that hold no origin to learn from or to be judged on."""
    need = network.look_back + network.segment + horizon
    have = split.train.stop - np.maximum(panel.start, split.train.start)
    if have.max() < need:
        name = panel.ids[int(have.argmax())]
        raise UserError(
            f"series '{name}', the longest, has {have.max()} steps in the training range, fewer "
            f"than the {need} that look-back {network.look_back} and horizon {horizon} need; "
            "give more history or lower them"
        )
    if len(split.validation) < horizon:
        raise UserError(
            f"the validation range has {len(split.validation)} steps, fewer than the horizon "
            f"{horizon}; give more history, a larger validation share or a shorter horizon"
        )


def refuse_unknown_future(panel: Panel, origin: int, horizon: int) -> None:
    """Refuse an origin whose steps ahead lack a known-future covariate."""
    if not panel.covariates.future:
        return
    ahead = panel.future[:, origin + 1 : origin + 1 + horizon]
    if ahead.shape[1] < horizon or not np.isfinite(ahead).all():
        raise UserError(
            f"the known-future covariates {', '.join(panel.covariates.future)} do not reach "
            f"{horizon} steps past {panel.stamps[origin]}; add rows with their values and no y"
        )
