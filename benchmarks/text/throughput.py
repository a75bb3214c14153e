"""Tokens a second of the shared training loop beside a bare PyTorch loop, on the same model.

Both take the same batches of small_parallel_enja, and step the same optimiser, schedule and clip,
one after the other in turns; the figure is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn

from benchmarks.text.enja import SHAPES
from benchmarks.text.pairs import built
from features.text.batches import padding_share
from features.text.corpora import Corpora
from features.text.vocabulary import PAD, Vocabulary
from models.settings import TrainingSettings
from models.text.translation import Parallel, translation_task
from models.training import Task, keep_freed_memory, train

ROUNDS, STEPS, TOKENS, TARGET = 9, 12, 3000, 0.9
SETTINGS = TrainingSettings(epochs=1, device="cpu")


def main(data: Path, options: argparse.Namespace) -> None:
    """Measure, and print one table."""
    keep_freed_memory()
    corpus = Corpora(translation=str(data / "enja")).pairs("ja")
    source = Vocabulary.words((pair.source for pair in corpus.train), 2)
    target = Vocabulary.words((pair.target for pair in corpus.train), 2)
    pairs = Parallel.of(corpus.train, source, target)
    parts = pairs.parts(TOKENS)
    shares = [100 * padding_share(one.lengths, parts) for one in (pairs.source, pairs.target)]
    task = few(translation_task(pairs, pairs, TOKENS))
    torch.manual_seed(options.seed)
    model = built(len(source), len(target), SHAPES["attention"])
    found: list[tuple[float, float]] = []
    bare(copy.deepcopy(model), task)  # warm
    for turn in range(ROUNDS):
        sides = [shared, bare] if turn % 2 else [bare, shared]
        speed = {side.__name__: side(copy.deepcopy(model), task) for side in sides}
        found.append((speed["shared"], speed["bare"]))
        print(f"  round {turn + 1}: {found[-1][0]:.0f} and {found[-1][1]:.0f} tokens/s", flush=True)
    ratio = median(ours / theirs for ours, theirs in found)
    rates = [median(side) for side in zip(*found, strict=True)]
    verdict = "reached" if ratio >= TARGET else "not reached"
    print("| Shared loop (tokens/s) | Bare loop (tokens/s) | Ratio | Target | Padding |")
    print("|---|---|---|---|---|")
    print(
        f"| {rates[0]:.0f} | {rates[1]:.0f} | {ratio:.3f} | ≥ {TARGET}: {verdict} | "
        f"sources {shares[0]:.1f} %, targets {shares[1]:.1f} % |"
    )


def few(task: Task) -> Task:
    """Some batches of the task, the same every time, and no judge."""

    def batches(number: int, generator: torch.Generator) -> Iterator[Any]:
        return islice(task.batches(0, torch.Generator().manual_seed(0)), STEPS)

    return replace(task, steps=STEPS, batches=batches, judge=lambda model: 0.0)


def shared(model: nn.Module, task: Task) -> float:
    """Tokens a second of `models.training.train`."""
    begun = time.perf_counter()
    train(model, task, SETTINGS)
    return tokens(task) / (time.perf_counter() - begun)


def bare(model: nn.Module, task: Task) -> float:
    """Tokens a second of what one would write down for this task alone."""
    begun = time.perf_counter()
    optimizer = torch.optim.AdamW(model.parameters(), SETTINGS.learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, SETTINGS.learning_rate, total_steps=STEPS, pct_start=0.1
    )
    model.train()
    for batch in task.batches(0, torch.Generator()):
        optimizer.zero_grad()
        logits = model(batch.source, batch.target_in).flatten(0, 1)
        loss = nn.functional.cross_entropy(logits, batch.target_out.flatten(), ignore_index=PAD)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), SETTINGS.gradient_clip)
        optimizer.step()
        schedule.step()
    return tokens(task) / (time.perf_counter() - begun)


def tokens(task: Task) -> int:
    """Of the targets, padding left out."""
    return sum(int((one.target_out != PAD).sum()) for one in task.batches(0, torch.Generator()))
