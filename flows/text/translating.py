"""A translator with its vocabularies: trained on pairs, asked with texts, kept as one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch

from features.text.batches import Ragged
from features.text.corpus import Corpus, Pair
from features.text.vocabulary import END, Vocabulary
from flows.text.bench import Bench
from models.kept import keep, kept
from models.settings import TrainingSettings
from models.text.beam import Hypothesis, Search, n_best
from models.text.forcing import Forcing, always
from models.text.transformer import Transformer, TransformerSettings
from models.text.translation import Parallel, losses, translation_task
from models.text.translator import Translator, TranslatorSettings
from models.training import Epoch


@dataclass(frozen=True)
class Machine:
    """From text to text."""

    model: Translator | Transformer
    source: Vocabulary
    target: Vocabulary

    def answers(
        self, texts: Sequence[str], search: Search | None = None, best: int = 1
    ) -> list[list[Hypothesis]]:
        """Up to `best` hypotheses for each text, the best first."""
        return n_best(self.model, self.numbers(texts), search or Search(), best)

    def translate(self, texts: Sequence[str], search: Search | None = None) -> list[str]:
        """The best answer to each text."""
        return [self.target.decode(found[0].ids) for found in self.answers(texts, search)]

    def numbers(self, texts: Sequence[str]) -> Ragged:
        """Texts as the model reads them."""
        return Ragged.of([[*ids, END] for ids in self.source.encode(texts)])

    def parallel(self, pairs: Sequence[Pair]) -> Parallel:
        """Pairs as the model learns from them."""
        return Parallel.of(pairs, self.source, self.target)

    def losses(self, pairs: Sequence[Pair]) -> list[float]:
        """Nats per token of each pair."""
        parallel = self.parallel(pairs)
        tokens = torch.tensor(parallel.target.lengths) - 1
        found: list[float] = (losses(self.model, parallel) / tokens).tolist()
        return found

    def keep(self, path: Path) -> None:
        """Write it, whole or not at all."""
        vocabularies = {"source": self.source.to_json(), "target": self.target.to_json()}
        settings = asdict(self.model.settings)
        keep({**vocabularies, "settings": settings, "weights": self.model.state_dict()}, path)

    @classmethod
    def kept(cls, path: Path) -> Machine:
        """What `keep` wrote.

        Raises:
            FileNotFoundError: no such file.
        """
        tree = kept(path)
        source, target = (Vocabulary.from_json(tree[name]) for name in ("source", "target"))
        settings = TranslatorSettings(**tree["settings"])
        model = Translator(len(source), len(target), settings)
        model.load_state_dict(tree["weights"])
        return cls(model.eval(), source, target)


@dataclass(frozen=True)
class Lesson:
    """How a machine of the course is trained."""

    epochs: int
    learning_rate: float = 1e-2
    tokens: int = 512
    smoothing: float = 0.0
    forcing: Forcing = always


def learned(
    bench: Bench,
    name: str,
    corpus: Corpus[Pair],
    vocabularies: tuple[Vocabulary, Vocabulary],
    shape: TranslatorSettings | TransformerSettings,
    lesson: Lesson,
    **params: Any,
) -> tuple[Machine, list[Epoch]]:
    """A machine that has learned the pairs of a corpus; its best epoch by the validation part.

    Args:
        bench: trains it.
        name: of the model, within the chapter.
        corpus: pairs.
        vocabularies: of the sources and of the targets.
        shape: of the translator, or of a Transformer.
        lesson: how it is trained.
        params: what else tells it from other models.
    """
    torch.manual_seed(bench.seed)
    source, target = vocabularies
    made = Translator if isinstance(shape, TranslatorSettings) else Transformer
    machine = Machine(made(len(source), len(target), cast(Any, shape)), source, target)
    task = translation_task(
        machine.parallel(corpus.train),
        machine.parallel(corpus.validation),
        lesson.tokens,
        lesson.smoothing,
        lesson.forcing,
    )
    settings = TrainingSettings(
        epochs=lesson.epochs,
        patience=lesson.epochs,
        learning_rate=lesson.learning_rate,
        device=bench.device,
        seed=bench.seed,
    )
    shown = {"corpus": corpus.name, "digest": corpus.digest, **asdict(shape), **params}
    history = bench.train(name, machine.model, task, settings, **shown)
    return machine, history


def some(corpus: Corpus[Pair], train: int, held: int) -> Corpus[Pair]:
    """The first pairs of each part."""
    parts = corpus.train[:train], corpus.validation[:held], corpus.test[:held]
    return Corpus(corpus.name, *parts)
