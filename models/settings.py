"""Settings of networks and of their training. Impossible combinations are refused here."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar

from features.errors import UserError

Cell = Literal["lstm", "gru"]
Recurrence = Literal["rnn", "lstm", "gru"]
Strategy = Literal["direct", "recursive", "seq2seq"]


def require(condition: bool, message: str) -> None:
    """Refuse settings with one sentence."""
    if not condition:
        raise UserError(message)


N = TypeVar("N", int, float)
_LIMITS = {
    "ge": (operator.ge, "at least"),
    "gt": (operator.gt, "above"),
    "le": (operator.le, "at most"),
    "lt": (operator.lt, "below"),
}


def limited(default: N, **limits: float) -> N:
    """A field within limits, named as forms and schemas name them: `ge`, `gt`, `le`, `lt`."""
    return field(default=default, metadata=limits)


def require_limits(settings: Any) -> None:
    """Refuse fields that are not within their limits."""
    for one in fields(settings):
        value = getattr(settings, one.name)
        for limit, bound in one.metadata.items():
            keeps, words = _LIMITS[limit]
            require(keeps(value, bound), f"{one.name} must be {words} {bound}, got {value}")


@dataclass(frozen=True)
class NetworkSettings:
    """The shape of a forecaster."""

    layers: int = limited(1, ge=1)
    """Recurrent layers, stacked."""
    hidden: int = limited(64, ge=2)
    """Width D of the recurrent state."""
    dropout: float = limited(0.1, ge=0, lt=1)
    """Share of units dropped between layers and in front of the head."""
    segment: int = limited(1, ge=1)
    """Points w that one recurrent step eats; each of the w phases is folded into the batch."""
    look_back: int = limited(96, ge=1)
    """Steps of history in front of the first origin of a training chunk, and the span that the
    attention of seq2seq sees."""
    level: bool = False
    """Show the network the level itself beside its changes: for series that return to a mean
    (temperatures), not for those that wander (prices)."""
    highway: bool = False
    """`direct` only: add a linear map of the last `look_back` steps to the forecast. For seasons
    that repeat closely; let `look_back` hold the longest of them."""
    calendar: bool = True
    """Show the network where in the day, week and year a step lies."""
    attention: Literal["dot", "additive"] = "dot"
    """Score of the seq2seq attention: the scaled dot product, or the additive one."""
    teacher_forcing: float = limited(0.5, ge=0, le=1)
    """Share of decoder steps of seq2seq that are fed the true value at the start of training; it
    falls linearly to 0 (scheduled sampling)."""

    def __post_init__(self) -> None:
        require_limits(self)
        require(
            self.look_back >= self.segment,
            f"look_back must be at least one segment of {self.segment}, got {self.look_back}",
        )


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained."""

    epochs: int = limited(30, ge=1)
    """Most passes over the training origins."""
    patience: int = limited(5, ge=1)
    """Epochs without a better validation loss before training stops; the best weights return."""
    learning_rate: float = limited(1e-3, gt=0)
    """Peak of the one-cycle schedule."""
    weight_decay: float = limited(0.0, ge=0)
    """Decoupled weight decay (AdamW)."""
    batch_rows: int = limited(64, ge=1)
    """Chunks in a batch; fewer where the data would make too few batches of them."""
    chunk_origins: int = limited(64, ge=1)
    """Forecast origins in a chunk, each a term of the loss; fewer where the data is small."""
    loss: Literal["mae", "mse", "huber", "quantile"] = "mae"
    """Pointwise loss in units of reach; huber is quadratic within half a reach, quantile (pinball)
    also learns how sure the forecast is."""
    gradient_clip: float = limited(1.0, gt=0)
    """Largest gradient norm."""
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    """Lightning Fabric's precision."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to train; auto takes CUDA, then MPS, then the CPU."""
    seed: int = 0
    """Seed of weights, batches and dropout."""
    members: int = limited(1, ge=1)
    """Networks trained from the seeds seed, seed + 1, … whose forecasts are averaged."""

    def __post_init__(self) -> None:
        require_limits(self)
