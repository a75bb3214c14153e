"""Chapter two, sentiment: cells, directions, depth, pooling and padding."""

from __future__ import annotations

import pandas as pd
import torch

from evaluation.text.comparison import plot_runs, summary
from evaluation.text.padding import plot_padding
from features.text.batches import Padded, by_length, padded, padding_share
from flows.text.bench import Bench
from flows.text.sentiment import TOKENS, build, prepared, step_megabytes, trained
from models.settings import Recurrence
from models.text.classifier import Classifier, ClassifierSettings
from models.text.pooling import Pool
from models.text.reader import ReaderSettings
from models.text.stack import Connection, StackSettings


def shaped(
    cell: Recurrence = "gru",
    layers: int = 1,
    both: bool = True,
    connection: Connection = "none",
    pool: Pool = "max",
) -> ClassifierSettings:
    """A classifier of the size of these examples."""
    stack = StackSettings(cell, 32, layers, both, connection, dropout=0.1)
    return ClassifierSettings(ReaderSettings(32, word_dropout=0.05, dropout=0.1, stack=stack), pool)


CELLS: dict[str, ClassifierSettings] = {
    "RNN": shaped("rnn", both=False, pool="last"),
    "LSTM": shaped("lstm", both=False, pool="last"),
    "GRU": shaped("gru", both=False, pool="last"),
}
SHAPES: dict[str, ClassifierSettings] = {
    "GRU, from the left, max": shaped(both=False),
    "both directions": shaped(),
    "last state": shaped(both=False, pool="last"),
    "mean": shaped(both=False, pool="mean"),
    "attention": shaped(both=False, pool="attention"),
    "2 layers": shaped(layers=2, both=False),
    "3 layers": shaped(layers=3, both=False),
    "3 layers, residual": shaped(layers=3, both=False, connection="residual"),
    "3 layers, highway": shaped(layers=3, both=False, connection="highway"),
}


def cells(bench: Bench) -> None:
    """2.4: RNN, LSTM and GRU on sentiment, over three seeds."""
    data = prepared(bench)
    memory = {name: step_megabytes(data, shape) for name, shape in CELLS.items()}
    rows = []
    for name, shape in CELLS.items():
        for seed in range(bench.seed, bench.seed + bench.pick(3, 2)):
            _, found = trained(bench, data, f"{name}-{seed}", shape, seed, bench.pick(6, 1))
            rows.append({"model": name, "seed": seed, **found, "megabytes": memory[name]})
    runs = pd.DataFrame(rows)
    bench.table("2.4-runs", runs)
    bench.table("2.4-cells", summary(runs))
    figures = {
        "accuracy": "test accuracy",
        "parameters": "parameters",
        "seconds": "training (s)",
        "megabytes": "a training step (MB)",
    }
    bench.figure("2.4-cells", plot_runs(runs, figures, "Sentiment: each seed, and the mean"))


def shapes(bench: Bench) -> None:
    """2.5: directions, depth, connections and pooling."""
    data = prepared(bench)
    rows = []
    for number, (name, shape) in enumerate(SHAPES.items()):
        for seed in range(bench.seed, bench.seed + bench.pick(3, 1)):
            _, found = trained(bench, data, f"shape-{number}-{seed}", shape, seed, bench.pick(4, 1))
            rows.append({"model": name, "seed": seed, **found})
    runs = pd.DataFrame(rows)
    bench.table("2.5-shapes", summary(runs))
    figures = {"accuracy": "test accuracy", "parameters": "parameters", "seconds": "training (s)"}
    title = "Sentiment, one thing changed from the first row: each seed, and the mean"
    bench.figure("2.5-shapes", plot_runs(runs, figures, title))


def packing(bench: Bench) -> None:
    """2.6: padding changes nothing, and batches of like length have little of it."""
    data = prepared(bench)
    model = build(data, shaped(layers=2), bench.seed).eval()
    ids = data.test.ids[:64]
    with torch.no_grad():
        together = model(padded(ids))
        longer = model(_more(padded(ids)))
        alone = torch.cat([model(padded([one])) for one in ids])
        unpacked = torch.cat([_unpacked(model, padded([one]), 20) for one in ids])
    worst = {
        "twenty columns of other words behind each sentence": together - longer,
        "each sentence alone, without padding": together - alone,
        "unpacked, the twenty columns read like words": together - unpacked,
    }
    lines = [f"{float(one.abs().max()):.1e}  {name}" for name, one in worst.items()]
    head = "Greatest change of a logit, against a padded batch that is packed:"
    bench.text("2.6-padding", "\n".join([head, *lines]) + "\n")
    lengths = [len(one) for one in data.train.ids]
    drawn = torch.randperm(len(lengths), generator=torch.Generator().manual_seed(bench.seed))
    shares = pd.DataFrame(
        {
            "tokens": tokens,
            "drawn at random": padding_share(lengths, filled(lengths, tokens, drawn.tolist())),
            "of like length": padding_share(lengths, by_length(lengths, tokens)),
        }
        for tokens in (TOKENS // 4, TOKENS // 2, TOKENS, 2 * TOKENS, 4 * TOKENS)
    )
    bench.table("2.6-padding", shares)
    bench.figure("2.6-padding", plot_padding(lengths, shares))


def filled(lengths: list[int], tokens: int, order: list[int]) -> list[list[int]]:
    """Batches of at most some tokens, padding included, from rows in some order."""
    batches: list[list[int]] = []
    longest = 0
    for k in order:
        longest = max(longest, lengths[k])
        if batches and longest * (len(batches[-1]) + 1) <= tokens:
            batches[-1].append(k)
        else:
            batches.append([k])
            longest = lengths[k]
    return batches


def _more(text: Padded, columns: int = 20) -> Padded:
    """The same sentences with other words behind them."""
    more = torch.randint(
        4, 50, (len(text.ids), columns), generator=torch.Generator().manual_seed(0)
    )
    longer = Padded(torch.cat([text.ids, more], dim=1), text.lengths)
    own = torch.cat([text.ids, torch.full_like(more, 4)], dim=1)
    return longer._replace(ids=torch.where(longer.mask, own, longer.ids))


def _unpacked(model: Classifier, text: Padded, columns: int) -> torch.Tensor:
    """What the model says where padding is taken for words."""
    ids = torch.nn.functional.pad(text.ids, (0, columns))
    return model(Padded(ids, text.lengths + columns))
