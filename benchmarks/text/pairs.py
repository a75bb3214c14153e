"""What the benchmarks of pairs have in common: models, training within the time, a table."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.text.budget import affordable, quick, until
from evaluation.text.translation import Tokens, bleu, by_length, chrf
from features.text.batches import padding_share
from features.text.corpus import Corpus, Pair
from features.text.vocabulary import Vocabulary
from models.settings import TrainingSettings
from models.text.beam import Search, Translates, written
from models.text.transformer import Transformer, TransformerSettings
from models.text.translation import Parallel, losses, translation_task
from models.text.translator import Translator, TranslatorSettings
from models.training import Epoch, Task, TrainingRun, train

Shape = TranslatorSettings | TransformerSettings


@dataclass(frozen=True)
class Plan:
    """How a model is trained."""

    epochs: int
    """Most; fewer where the minutes hold no more."""
    learning_rate: float
    tokens: int = 3000
    """Of the targets in a batch."""
    smoothing: float = 0.1


def built(source: int, target: int, shape: Shape) -> nn.Module:
    """The model of a shape, between vocabularies of these sizes."""
    if isinstance(shape, TranslatorSettings):
        return Translator(source, target, shape)
    return Transformer(source, target, shape)


def fitted(model: nn.Module, task: Task, plan: Plan, options: argparse.Namespace, name: str) -> str:
    """Train a model in place within `options.minutes`; what was done, in words."""
    begun, seconds = time.monotonic(), 60 * float(options.minutes)
    kept: Path | None = options.checkpoints
    path = kept / f"{name}-{options.seed}.safetensors" if kept else None
    settings = TrainingSettings(
        epochs=plan.epochs,
        patience=plan.epochs,
        learning_rate=plan.learning_rate,
        device="cpu",
        seed=options.seed,
    )
    settings = affordable(model, task, quick(settings), seconds, path)
    count = sum(one.numel() for one in model.parameters())
    print(
        f"{name}: {count:,} parameters, {settings.precision}, {settings.epochs} epochs of "
        f"{task.steps} batches",
        flush=True,
    )

    def tell(epoch: Epoch) -> None:
        print(
            f"  {name} epoch {epoch.number}: training {epoch.train_loss:.3f}, validation "
            f"{epoch.validation_loss:.3f} nats per token, {epoch.seconds:.0f} s",
            flush=True,
        )

    history = train(model, until(task, begun + seconds), settings, TrainingRun(path, tell))
    best = min(one.validation_loss for one in history)
    spent = sum(one.seconds for one in history)
    return f"{settings.epochs} epochs, {best:.3f} nats per token, {spent:.0f} s"


@dataclass(frozen=True)
class Writings:
    """What a model writes for the test part."""

    greedy: list[str]
    beam: list[str]
    losses: NDArray[np.float64]
    """[R] nats per token of each reference."""
    done: str
    """How it was trained, in words."""


@dataclass(frozen=True)
class Contest:
    """Translators that learn the same corpus and are scored alike."""

    corpus: Corpus[Pair]
    source: Vocabulary
    target: Vocabulary
    shapes: dict[str, Shape]
    plans: dict[str, Plan]
    tokens: Tokens
    """How BLEU cuts."""

    def run(self, options: argparse.Namespace, targets: dict[str, str]) -> None:
        """Train each model that `options.model` names (by commas), and print one table."""
        chosen = (options.model or "attention").split(",")
        parts = [
            Parallel.of(pairs, self.source, self.target)
            for pairs in (self.corpus.train, self.corpus.validation, self.corpus.test)
        ]
        self._tell(parts[0])
        found = {name: self._one(name, parts, options) for name in chosen}
        print("| Model | Greedy BLEU | Beam BLEU | Beam chrF | Target | Training |")
        print("|---|---|---|---|---|---|")
        wanted = [pair.target for pair in self.corpus.test]
        for name, one in found.items():
            scores = [bleu(texts, wanted, self.tokens) for texts in (one.greedy, one.beam)]
            figures = " | ".join(f"{score:.2f}" for score in (*scores, chrf(one.beam, wanted)))
            print(f"| {name} | {figures} | {targets.get(name, '')} | {one.done} |")
        self._by_length(found)

    def _by_length(self, found: Mapping[str, Writings]) -> None:
        """A table of beam BLEU and loss by the words of the source."""
        table = by_length(
            [len(pair.source.split()) for pair in self.corpus.test],
            {name: one.beam for name, one in found.items()},
            [pair.target for pair in self.corpus.test],
            {name: one.losses for name, one in found.items()},
            4,
            self.tokens,
        )
        print("| Model | Words of the source | Sentences | Beam BLEU | Nats per token |")
        print("|---|---|---|---|---|")
        for row in table.itertuples():
            span = f"{row[2]} to {row[3]}"
            print(f"| {row.model} | {span} | {row.sentences} | {row.bleu:.2f} | {row.loss:.3f} |")

    def _tell(self, train: Parallel) -> None:
        rows = train.parts(next(iter(self.plans.values())).tokens)
        shares = [100 * padding_share(one.lengths, rows) for one in (train.source, train.target)]
        print(
            f"{len(train)} pairs, {train.target_tokens} target tokens; vocabularies of "
            f"{len(self.source)} and {len(self.target)}; padding {shares[0]:.1f} % of the sources, "
            f"{shares[1]:.1f} % of the targets",
            flush=True,
        )

    def _one(self, name: str, parts: Sequence[Parallel], options: argparse.Namespace) -> Writings:
        train, validation, test = parts
        plan = self.plans[name]
        torch.manual_seed(options.seed)
        model = built(len(self.source), len(self.target), self.shapes[name])
        task = translation_task(train, validation, plan.tokens, plan.smoothing)
        done = fitted(model, task, plan, options, f"{self.corpus.name}-{name}")
        writer = cast(Translates, model.eval())
        wanted = [pair.target for pair in self.corpus.validation]
        searches = [Search(5, alpha) for alpha in (0.6, 1.0, 1.4)]
        scores = [bleu(self._texts(writer, validation, s), wanted, self.tokens) for s in searches]
        best = searches[scores.index(max(scores))]
        print(f"  {name}: alpha {best.alpha} by the validation part, {max(scores):.2f} BLEU there")
        greedy, beam = (self._texts(writer, test, search) for search in (Search(1), best))
        tokens = torch.tensor(test.target.lengths) - 1
        return Writings(greedy, beam, (losses(model, test) / tokens).double().numpy(), done)

    def _texts(self, model: Translates, pairs: Parallel, search: Search) -> list[str]:
        return [self.target.decode(ids) for ids in written(model, pairs.source, search)]
