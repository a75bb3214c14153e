"""Settings of networks and of their training. Impossible combinations are refused here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from features.errors import UserError

Cell = Literal["lstm", "gru"]
Strategy = Literal["direct", "recursive", "seq2seq"]


def require(condition: bool, message: str) -> None:
    """Refuse settings with one sentence."""
    if not condition:
        raise UserError(message)


@dataclass(frozen=True)
class NetworkSettings:
    """The shape of a forecaster."""

    layers: int = 1
    """Recurrent layers, stacked."""
    hidden: int = 64
    """Width D of the recurrent state."""
    dropout: float = 0.1
    """Share of units dropped between layers and in front of the head."""
    segment: int = 1
    """Points w that one recurrent step eats; each of the w phases is folded into the batch."""
    look_back: int = 96
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
    """Score of the seq2seq attention."""
    teacher_forcing: float = 0.5
    """Share of decoder steps of seq2seq that are fed the true value at the start of training; it
    falls linearly to 0 (scheduled sampling)."""

    def __post_init__(self) -> None:
        require(self.layers >= 1, f"layers must be at least 1, got {self.layers}")
        require(self.hidden >= 2, f"hidden must be at least 2, got {self.hidden}")
        require(0 <= self.dropout < 1, f"dropout must be in [0, 1), got {self.dropout}")
        require(self.segment >= 1, f"segment must be at least 1, got {self.segment}")
        require(
            self.look_back >= self.segment,
            f"look_back must be at least one segment of {self.segment}, got {self.look_back}",
        )
        require(
            0 <= self.teacher_forcing <= 1,
            f"teacher_forcing must be in [0, 1], got {self.teacher_forcing}",
        )


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained."""

    epochs: int = 30
    """Most passes over the training origins."""
    patience: int = 5
    """Epochs without a better validation loss before training stops; the best weights return."""
    learning_rate: float = 1e-3
    """Peak of the one-cycle schedule."""
    weight_decay: float = 0.0
    """Decoupled weight decay (AdamW)."""
    batch_rows: int = 64
    """Chunks in a batch; fewer where the data would make too few batches of them."""
    chunk_origins: int = 64
    """Forecast origins in a chunk, each a term of the loss; fewer where the data is small."""
    loss: Literal["mae", "mse", "huber", "quantile"] = "mae"
    """Pointwise loss in units of reach; huber is quadratic within half a reach, quantile (pinball)
    also learns how sure the forecast is."""
    gradient_clip: float = 1.0
    """Largest gradient norm."""
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    """Lightning Fabric's precision."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to train; auto takes CUDA, then MPS, then the CPU."""
    seed: int = 0
    """Seed of weights, batches and dropout."""
    members: int = 1
    """Networks trained from the seeds seed, seed + 1, … whose forecasts are averaged."""

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "batch_rows", "chunk_origins", "members"):
            value = getattr(self, name)
            require(value >= 1, f"{name} must be at least 1, got {value}")
        for name in ("learning_rate", "gradient_clip"):
            value = getattr(self, name)
            require(value > 0, f"{name} must be above 0, got {value}")
        require(
            self.weight_decay >= 0, f"weight_decay must not be negative, got {self.weight_decay}"
        )
