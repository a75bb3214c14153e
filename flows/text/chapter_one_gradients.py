"""Chapter one, the gradient: back through time by hand, how it fades and grows, long lags."""

from __future__ import annotations

from itertools import product

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from evaluation.text.gradients import (
    half_distance,
    plot_clipping,
    plot_lags,
    plot_norms,
    plot_truncation,
)
from features.panel import Floats
from flows.text.bench import Bench
from flows.text.characters import Characters, characters, settings
from models.settings import Recurrence
from models.text.bptt import Gradients, answer, through_time
from models.text.cells import VanillaRNN
from models.text.gradients import NormMeter, Start, norms_by_distance, recurrence
from models.text.long_lags import SOLVED, Lag, LagModel, lag_task

KINDS: tuple[Recurrence, ...] = ("rnn", "lstm", "gru")
STARTS: dict[str, tuple[Start, float, float]] = {
    "PyTorch's": ("uniform", 1.0, 0.0),
    "Xavier": ("xavier", 1.0, 0.0),
    "orthogonal": ("orthogonal", 1.0, 0.0),
    "identity": ("identity", 1.0, 0.0),
    "orthogonal × 2": ("orthogonal", 2.0, 0.0),
    "keeping": ("uniform", 1.0, 4.0),
}
"""How recurrent weights begin, their gain, and the bias of the gate that keeps the state."""
WEIGHTS = {"$W_x$": 0, "$W_h$": 1, "$b$": 2}


def back_through_time(bench: Bench) -> None:
    """The derivative by hand beside autograd's, and what truncation leaves of it."""
    text, length = characters(bench), 64
    tokens, hidden = len(text.vocabulary), bench.pick(128, 8)
    torch.manual_seed(bench.seed)
    cell, head = VanillaRNN(tokens, hidden), nn.Linear(hidden, tokens)
    nn.init.orthogonal_(cell.w_h)
    x, targets = windows(text, rows=32, length=length, tokens=tokens)
    states = cell(x)
    loss = functional.cross_entropy(head(states).flatten(0, 1), targets.flatten())
    theirs = torch.autograd.grad(loss, list(cell.parameters()))
    said = answer(head, states.detach(), targets).states
    spans = [1, 2, 4, 8, 16, 32, 64]
    ours = {span: through_time(cell, x, states.detach(), said, window=span) for span in spans}
    rows = [
        {
            "gradient by": name.strip("$"),
            "norm": float(theirs[k].norm()),
            "largest difference from autograd": float((ours[length][k] - theirs[k]).abs().max()),
        }
        for name, k in WEIGHTS.items()
    ]
    table = pd.DataFrame(rows)
    bench.table("1.3-by-hand", table)
    bench.tell("by-hand", difference=float(table["largest difference from autograd"].max()))
    likeness = {name: [_cosine(ours[s], theirs, k) for s in spans] for name, k in WEIGHTS.items()}
    bench.figure("1.3-truncation", plot_truncation(spans, likeness, length))


def windows(text: Characters, rows: int, length: int, tokens: int) -> tuple[Tensor, Tensor]:
    """One-hot characters [B, T, V] at even distances in the text, and those after them [B, T]."""
    ids = text.ids(text.train)
    starts = torch.linspace(0, len(ids) - length - 1, rows).long()[:, None]
    drawn = ids[starts + torch.arange(length + 1)]
    return functional.one_hot(drawn[:, :-1], tokens).float(), drawn[:, 1:]


def _cosine(ours: Gradients, theirs: tuple[Tensor, ...], k: int) -> float:
    return float(functional.cosine_similarity(ours[k].flatten(), theirs[k].flatten(), dim=0))


def gradients(bench: Bench) -> None:
    """Norms by distance: by cell, by start, clipped on their way; and a training that explodes."""
    hidden, length = bench.pick((128, 200), (8, 20))
    x = torch.randn(16, length, 32, generator=torch.Generator().manual_seed(bench.seed))

    def norms(kind: Recurrence, start: str, clip: float | None = None) -> Floats:
        torch.manual_seed(bench.seed)
        layer = recurrence(kind, 32, hidden, *STARTS[start])
        return norms_by_distance(layer, 0.3 * x, clip).numpy()

    cells = {kind.upper(): norms(kind, "PyTorch's") for kind in KINDS}
    cells |= {f"{kind.upper()}, keeping": norms(kind, "keeping") for kind in KINDS[1:]}
    begun = {start: norms("rnn", start) for start in STARTS if start != "keeping"}
    grown = {"as it is": norms("rnn", "orthogonal × 2")}
    grown["clipped to 1 at every step"] = norms("rnn", "orthogonal × 2", clip=1.0)
    sets = {
        "by cell: PyTorch's start, and gates that keep": cells,
        "vanilla RNN, by the start of its weights": begun,
        "vanilla RNN, orthogonal × 2": grown,
    }
    title = "What a state hears of a loss of the last one fades, or grows, with the steps between"
    bench.figure("1.4-gradients", plot_norms(sets, title))
    bench.table("1.4-gradients", by_length(bench, hidden))
    _explode(bench)


def by_length(bench: Bench, hidden: int) -> pd.DataFrame:
    """The gradient by the first state of sequences of several lengths, by cell and start."""
    rows = []
    for kind, (name, start) in product(KINDS, STARTS.items()):
        row: dict[str, str | float] = {"cell": kind, "start": name}
        for length in bench.pick((25, 50, 100, 200), (5, 10)):
            torch.manual_seed(bench.seed)
            layer = recurrence(kind, 32, hidden, *start)
            x = 0.3 * torch.randn(8, length, 32)
            found, clipped = (norms_by_distance(layer, x, clip).numpy() for clip in (None, 1.0))
            row |= {f"{length} steps": found[-1], f"{length} steps, clipped": clipped[-1]}
        rows.append(row | {"halved after": half_distance(found)})
    return pd.DataFrame(rows)


def _explode(bench: Bench) -> None:
    limit, length, steps = 1.0, bench.pick(50, 8), bench.pick(40, 3)
    norms, losses = {}, {}
    for name, clip in (("not clipped", 1e9), ("clipped", limit)):
        torch.manual_seed(bench.seed)
        model = LagModel("adding", "rnn", bench.pick(64, 4), "orthogonal", gain=2.0)
        task = lag_task("adding", length, steps, seed=bench.seed)
        with NormMeter(model) as meter:
            epochs = bench.train(
                f"explode-{name.replace(' ', '-')}", model, task,
                settings(bench, bench.pick(6, 2), 3e-3, clip), length=length,
            )  # fmt: skip
        norms[name], losses[name] = meter.norms, [epoch.validation_loss for epoch in epochs]
    bench.figure("1.4-clipping", plot_clipping(norms, losses, limit))


def long_lags(bench: Bench) -> None:
    """The longest lag that each cell learns, in doubling steps until it fails."""
    lengths: dict[Lag, tuple[int, ...]] = {
        "adding": bench.pick((10, 20, 40), (4, 8)),
        "copying": bench.pick((5, 10, 20), (2, 4)),
    }
    epochs, steps = bench.pick((6, 100), (1, 2))
    losses: dict[str, dict[str, dict[int, float]]] = {}
    rows = []
    for task, kind in product(lengths, KINDS):
        found = losses.setdefault(task, {}).setdefault(kind, {})
        for length in lengths[task]:
            found[length] = _learned(bench, task, kind, length, epochs, steps)
            if found[length] > SOLVED[task]:
                break
        solved = [length for length, loss in found.items() if loss <= SOLVED[task]]
        rows.append({"task": task, "cell": kind, "longest solved": max(solved, default=0)})
    table = pd.DataFrame(rows).pivot(index="cell", columns="task", values="longest solved")
    bench.table("1.5-lags", table.reindex(list(KINDS)).reset_index())
    solved_below = {str(task): loss for task, loss in SOLVED.items()}
    bench.figure("1.5-lags", plot_lags(losses, solved_below, epochs * steps))


def _learned(
    bench: Bench, task: Lag, kind: Recurrence, length: int, epochs: int, steps: int
) -> float:
    torch.manual_seed(bench.seed)
    model = LagModel(task, kind, bench.pick(64, 4))
    name = f"{task}-{length}-{kind}"
    work = lag_task(task, length, steps, seed=bench.seed)
    history = bench.train(name, model, work, settings(bench, epochs, 1e-2), length=length)
    loss = min(epoch.validation_loss for epoch in history)
    bench.tell(name, loss=loss)
    return loss
