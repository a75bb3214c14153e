"""What the benchmarks of pairs have in common: models, training within the time, a table."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import nn

from benchmarks.text.budget import affordable, quick, until
from evaluation.text.translation import Tokens, bleu, chrf
from features.text.batches import padding_share
from features.text.corpus import Corpus, Pair
from features.text.vocabulary import Vocabulary
from models.settings import TrainingSettings
from models.text.beam import Search, Translates, written
from models.text.transformer import Transformer, TransformerSettings
from models.text.translation import Parallel, translation_task
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
    kept: Path | None = getattr(options, "checkpoints", None)
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
        chosen = str(getattr(options, "model", None) or "attention").split(",")
        parts = [
            Parallel.of(pairs, self.source, self.target)
            for pairs in (self.corpus.train, self.corpus.validation, self.corpus.test)
        ]
        self._tell(parts[0])
        lines = [self._one(name, parts, options, targets.get(name, "")) for name in chosen]
        print("| Model | Greedy BLEU | Beam BLEU | Beam chrF | Target | Training |")
        print("|---|---|---|---|---|---|")
        print(*lines, sep="\n")

    def _tell(self, train: Parallel) -> None:
        rows = train.parts(next(iter(self.plans.values())).tokens)
        shares = [100 * padding_share(one.lengths, rows) for one in (train.source, train.target)]
        print(
            f"{len(train)} pairs, {train.target_tokens} target tokens; vocabularies of "
            f"{len(self.source)} and {len(self.target)}; padding {shares[0]:.1f} % of the sources, "
            f"{shares[1]:.1f} % of the targets",
            flush=True,
        )

    def _one(
        self, name: str, parts: Sequence[Parallel], options: argparse.Namespace, target: str
    ) -> str:
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
        wanted = [pair.target for pair in self.corpus.test]
        greedy, beam = (self._texts(writer, test, search) for search in (Search(1), best))
        figures = [bleu(greedy, wanted, self.tokens), bleu(beam, wanted, self.tokens)]
        return (
            f"| {name} | {figures[0]:.2f} | {figures[1]:.2f} | {chrf(beam, wanted):.2f} | "
            f"{target} | {done} |"
        )

    def _texts(self, model: Translates, pairs: Parallel, search: Search) -> list[str]:
        return [self.target.decode(ids) for ids in written(model, pairs.source, search)]
