"""Chapter four measures what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import torch

from features.text.corpus import Corpus, Pair
from features.text.scenes import scenes
from features.text.vocabulary import Vocabulary
from flows.text.bench import Bench
from flows.text.chapter_four_captions import scored
from flows.text.chapter_four_lengths import cost
from flows.text.chapter_four_scores import order_told, products, slope
from flows.text.chapter_four_translation import telling, understood
from flows.text.course import example
from flows.text.translating import Machine
from models.text.beam import Search
from models.text.positions import sinusoidal
from models.text.transformer import Transformer, TransformerSettings


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "chapter-4", size="small", device="cpu")


def test_unscaled_dot_products_spread_with_the_width(bench: Bench) -> None:
    example("4.1").run(bench)
    table = pd.read_csv(bench.folder / "4.1-scores.csv").set_index(["score", "width"])
    assert table.loc[("dot", 32), "spread"] > 3 > 1 > table.loc[("scaled", 32), "spread"]


def test_the_attention_by_hand_is_told_to_be_equal(bench: Bench) -> None:
    example("4.5").run(bench)
    equal = pd.read_csv(bench.folder / "4.5-equal.csv")
    assert equal["largest_difference"].max() < 1e-4


def test_the_slope_is_that_of_the_softmax() -> None:
    scores = torch.randn(7, generator=torch.Generator().manual_seed(0))
    derivative = torch.autograd.functional.jacobian(lambda x: x.softmax(-1), scores)
    torch.testing.assert_close(slope(scores.softmax(-1)), derivative.norm())
    assert float(slope(torch.tensor([1.0, 0.0, 0.0]))) == 0


def test_self_attention_knows_the_order_by_positions_alone() -> None:
    assert order_told(16, "none") < 1e-5
    assert min(order_told(16, kind) for kind in ("sinusoidal", "rotary")) > 0.01


def test_sinusoidal_products_depend_on_the_distance() -> None:
    table = sinusoidal(torch.arange(30), 16)
    assert products(table, 0, 9) == pytest.approx(products(table, 20, 9), abs=1e-4)


def test_the_memory_of_a_step_repeats_and_the_rest_is_of_time() -> None:
    model = Transformer(1000, 1000, TransformerSettings(8, 1, 1, 8, 0.0))
    first, second = (cost(model, 64, 1) for _ in range(2))
    assert first["megabytes"] == pytest.approx(second["megabytes"], rel=1e-3)
    assert set(first) == {"trained", "written", "megabytes"}
    assert min(first.values()) > 0


def test_captions_are_scored_by_the_number_of_digits() -> None:
    found = scenes(40, 1).train
    table = scored(found, [one.caption if len(one.placed) == 2 else "" for one in found])
    table = table.set_index("digits")
    assert table.loc["2", "exact"] == table.loc["2", "tokens"] == 1
    assert table.loc["1", "exact"] == table.loc["3", "tokens"] == 0
    assert table.loc["all", "scenes"] == 40
    assert table.loc["all", "exact"] == pytest.approx(table.loc["2", "scenes"] / 40)


def test_sentences_to_look_at_are_of_middling_length() -> None:
    pairs = [Pair(" ".join("w" * n), "x") for n in (2, 7, 30, 9)]
    assert telling(Corpus("any", pairs, pairs, pairs), 5) == [pairs[3], pairs[1]]
    assert telling(Corpus("any", pairs, pairs, pairs[:1]), 5) == pairs[:1]


class Parrot(Machine):
    """Says what it reads."""

    def translate(self, texts: Sequence[str], search: Search | None = None) -> list[str]:
        return list(texts)


def test_sentences_that_are_understood_come_first() -> None:
    pairs = [Pair(f"w w w w w {k}", f"w w w w w {k % 2}") for k in range(4)]
    model, words = Transformer(9, 9, TransformerSettings(8, 1, 1, 8)), Vocabulary.words(["w"])
    said = understood(Parrot(model, words, words), Corpus("any", pairs, pairs, pairs), 3)
    assert said == [pairs[k].source for k in (0, 1, 2)]
    turned = Corpus("any", pairs, pairs, pairs[::-1])
    assert understood(Parrot(model, words, words), turned, 3) == [
        pairs[k].source for k in (1, 0, 3)
    ]
