"""Tatoeba, English to French, as it is written.

28,000 pairs to learn from, 1,000 to choose by, 1,000 to judge by; the parts are drawn by `--seed`.
Had an English sentence several French ones, a test source might be seen with another target: the
share of such sources is printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.text.pairs import Contest, Plan, Shape
from features.text.corpus import cut
from features.text.source import source_of
from features.text.translations import load_translations
from features.text.vocabulary import Vocabulary
from models.text.transformer import TransformerSettings
from models.text.translator import TranslatorSettings

PIECES = 6000
"""Entries of each vocabulary."""
SHAPES: dict[str, Shape] = {
    "attention": TranslatorSettings("gru", 256, 2, attention="additive", dropout=0.4),
    "context": TranslatorSettings("gru", 256, 2, attention=None, dropout=0.4),
    "transformer": TransformerSettings(256, 4, 3, 768, 0.3),
}
PLANS = {
    "attention": Plan(24, 3e-3, 2000),
    "context": Plan(24, 3e-3, 2000),
    "transformer": Plan(30, 1.5e-3, 2000),
}
TARGETS = {"attention": "beam ≥ 35"}


def main(data: Path, options: argparse.Namespace) -> None:
    """Train, and print a line an epoch and one table."""
    pairs = load_translations(source_of(str(data / "enfr" / "fra_30k.tsv")), "fr").train
    corpus = cut(pairs, "enfr", options.seed, validation=1 / 30, test=1 / 30)
    seen = {pair.source for pair in corpus.train}
    share = sum(pair.source in seen for pair in corpus.test) / len(corpus.test)
    print(f"{100 * share:.1f} % of the test sources were seen with another target")
    source = Vocabulary.subwords((pair.source for pair in corpus.train), PIECES)
    target = Vocabulary.subwords((pair.target for pair in corpus.train), PIECES)
    Contest(corpus, source, target, SHAPES, PLANS, "13a").run(options, TARGETS)
