"""small_parallel_enja: English to Japanese, on the corpus's own tokens.

50,000 pairs to learn from, 500 to choose by, 500 to judge by. Published: about 37 BLEU of a greedy
LSTM with attention. `--model attention,context,transformer` names what is trained; `--minutes` is
the time of each.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.text.pairs import Contest, Plan, Shape
from features.text.corpora import Corpora
from features.text.corpus import Corpus
from features.text.vocabulary import Vocabulary
from models.text.transformer import TransformerSettings
from models.text.translator import TranslatorSettings

AT_LEAST = 2
"""Times that a word is seen to be one of the vocabulary."""
LONGEST = 60
SHAPES: dict[str, Shape] = {
    "attention": TranslatorSettings("gru", 256, 2, attention="additive", dropout=0.3),
    "context": TranslatorSettings("gru", 256, 2, attention=None, dropout=0.3),
    "transformer": TransformerSettings(256, 4, 3, 768, 0.2),
}
PLANS = {
    "attention": Plan(10, 3e-3, 2048),
    "context": Plan(10, 3e-3, 2048),
    "transformer": Plan(8, 1.5e-3, 2048),
}
TARGETS = {
    "attention": "beam ≥ 35",
    "context": "at least 5 lower than attention",
    "transformer": "beside both",
}


def main(data: Path, options: argparse.Namespace) -> None:
    """Train, and print a line an epoch and one table."""
    read = Corpora(translation=str(data / "enja")).pairs("ja")
    train = [pair for pair in read.train if len(pair.target.split()) <= LONGEST]
    corpus = Corpus("enja", train, read.validation, read.test)
    source = Vocabulary.words((pair.source for pair in train), AT_LEAST)
    target = Vocabulary.words((pair.target for pair in train), AT_LEAST)
    Contest(corpus, source, target, SHAPES, PLANS, "none").run(options, TARGETS)
