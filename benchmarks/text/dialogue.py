"""ChatterBot's English dialogues: is what was trained among the best three answers?

All exchanges are learned by heart, so there is no test part: a prompt is answered rightly when one
of its trained answers, as it is written but for spaces, is among the three best of the beam.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.text.pairs import Plan, fitted
from features.text.corpus import Pair
from features.text.loaders import load_pairs
from features.text.source import source_of
from features.text.vocabulary import Vocabulary
from models.text.beam import Search, n_best
from models.text.translation import Parallel, translation_task
from models.text.translator import Translator, TranslatorSettings

PIECES = 4000
SHAPE = TranslatorSettings("gru", 256, 1, attention="additive", dropout=0.1)
PLAN = Plan(60, 3e-3, 1200, 0.0)
BEST, WIDTH, TARGET = 3, 8, 80.0


def main(data: Path, options: argparse.Namespace) -> None:
    """Train, and print a line an epoch and one table."""
    pairs = load_pairs(source_of(str(data / "dialogue" / "english"))).train
    pairs = list(dict.fromkeys(pairs))
    vocabulary = Vocabulary.subwords((text for pair in pairs for text in pair), PIECES)
    parallel = Parallel.of(pairs, vocabulary, vocabulary)
    torch.manual_seed(options.seed)
    model = Translator(len(vocabulary), len(vocabulary), SHAPE)
    task = translation_task(parallel, parallel, PLAN.tokens, PLAN.smoothing)
    done = fitted(model, task, PLAN, options, "dialogue")
    found = share(model.eval(), vocabulary, pairs, max(parallel.target.lengths))
    print(f"| Trained answer among the best {BEST} | Prompts | Target | Training |")
    print("|---|---|---|---|")
    verdict = "reached" if found >= TARGET else "not reached"
    print(f"| {found:.1f} % | {len(wanted(pairs))} | ≥ {TARGET:.0f} %: {verdict} | {done} |")


def wanted(pairs: Sequence[Pair]) -> dict[str, set[str]]:
    """The trained answers of each prompt."""
    answers: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        answers[pair.source].add("".join(pair.target.split()))
    return answers


def share(model: Translator, vocabulary: Vocabulary, pairs: Sequence[Pair], longest: int) -> float:
    """Prompts in percent that are answered rightly."""
    answers = wanted(pairs)
    prompts = Parallel.of([Pair(one, "") for one in answers], vocabulary, vocabulary).source
    search = Search(WIDTH, alpha=1.0, ratio=0.0, more=longest)
    right = 0
    for found, known in zip(n_best(model, prompts, search, BEST), answers.values(), strict=True):
        texts = {"".join(vocabulary.decode(one.ids).split()) for one in found}
        right += bool(texts & known)
    return 100 * right / len(answers)
