"""The examples of chapter two tell what they found."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from features.text.batches import by_length, padding_share
from features.text.corpora import Corpora
from features.text.corpus import Corpus, Labelled, Tagged, cut
from flows.text.bench import Bench
from flows.text.chapter_two import EXAMPLES
from flows.text.chapter_two_cells import _kept, _slopes, _walk
from flows.text.chapter_two_sentiment import filled, shaped
from flows.text.sentiment import build, prepared, step_megabytes
from models.text.classifier import ClassifierSettings
from models.text.reader import ReaderSettings
from models.text.stack import StackSettings


@dataclass(frozen=True)
class Few(Corpora):
    """Sentences that a pattern makes."""

    def labelled(self) -> Corpus[Labelled]:
        draw = random.Random(0)
        found = []
        for _ in range(200):
            words = draw.choices(["the", "film", "was", "but", "long"], k=draw.randint(2, 9))
            label, word = draw.choice([("pos", "good"), ("neg", "bad")])
            found.append(Labelled(" ".join([*words, word]), label))
        return cut(found, "few")

    def tagged(self) -> Corpus[Tagged]:
        draw = random.Random(0)
        found = []
        for _ in range(100):
            name, place = draw.choice(["Ann", "Bob"]), draw.choice(["Rome", "Oslo"])
            tokens = (name, "Smith", *["walks"] * draw.randint(1, 4), "to", place)
            tags = ("B-PER", "I-PER", *["O"] * (len(tokens) - 3), "B-LOC")
            found.append(Tagged(tokens, tags))
        found += [Tagged((str(k), "rests"), ("O", "O")) for k in range(40)]
        return cut(found, "few")


def bench(folder: Path) -> Bench:
    return Bench(folder, Few(), "small", device="cpu")


def test_the_cells_by_hand_are_told_to_be_equal(tmp_path: Path) -> None:
    for example in EXAMPLES[:2]:
        example.run(bench(tmp_path))
        table = pd.read_csv(tmp_path / f"{example.number}-equal.csv")
        assert table["states"].max() < 1e-5
        assert table["gradients"].max() < 1e-3


def test_the_comparison_has_every_cell_and_figure(tmp_path: Path) -> None:
    EXAMPLES[3].run(bench(tmp_path))
    table = pd.read_csv(tmp_path / "2.4-cells.csv").set_index("model")
    assert [*table.index] == ["RNN", "LSTM", "GRU"]
    assert {"accuracy", "macro_f1", "parameters", "seconds", "megabytes"} <= {*table}
    # four gates, three gates and none
    weights = table["parameters"] - table["parameters"]["RNN"]
    assert weights["LSTM"] / weights["GRU"] == pytest.approx(3 / 2)
    assert table["megabytes"]["LSTM"] > table["megabytes"]["RNN"] > 0


def test_a_step_takes_at_least_weights_gradients_and_moments(tmp_path: Path) -> None:
    data, shape = prepared(bench(tmp_path)), shaped()
    weights = sum(one.nbytes for one in build(data, shape, 0).parameters())
    assert step_megabytes(data, shape) > 4 * weights / 1e6


def test_a_closed_cell_keeps_what_its_forget_gate_says() -> None:
    expected = (1 / (1 + np.exp(-1.5))) ** np.arange(1, 11)
    np.testing.assert_allclose(_kept(1.5, 10), expected, rtol=1e-5)


def test_an_error_reaches_further_where_the_forget_gate_is_open() -> None:
    closed, open_ = _slopes(-1.0, 20, 0), _slopes(3.0, 20, 0)
    assert len(open_) == 20
    assert open_[-1] > 100 * closed[-1]


def test_the_walk_says_at_the_end_what_the_model_says(tmp_path: Path) -> None:
    data = prepared(bench(tmp_path))
    stack = StackSettings("lstm", 6, both=False)
    model = build(data, ClassifierSettings(ReaderSettings(5, stack=stack), "last"), 0).eval()
    ids = data.test.ids[0]
    walk, said = _walk(model, ids)
    text, _ = data.test.batch([0])
    torch.testing.assert_close(said[-1:], model(text).softmax(-1))
    assert walk.forget.shape == (1, len(ids), 6)
    with pytest.raises(TypeError, match="only an LSTM"):
        _walk(build(data, shaped(both=False), 0), ids)


def test_batches_filled_in_an_order_hold_all_rows_and_no_more_than_they_may() -> None:
    lengths = torch.randint(1, 20, (100,), generator=torch.Generator().manual_seed(0)).tolist()
    order = torch.randperm(100, generator=torch.Generator().manual_seed(1)).tolist()
    batches = filled(lengths, 60, order)
    assert [k for rows in batches for k in rows] == order
    assert all(len(rows) * max(lengths[k] for k in rows) <= 60 for rows in batches)
    alike = padding_share(lengths, by_length(lengths, 60))
    assert alike < padding_share(lengths, batches)


def test_taking_padding_for_words_is_what_changes_a_verdict(tmp_path: Path) -> None:
    EXAMPLES[5].run(bench(tmp_path))
    lines = (tmp_path / "2.6-padding.txt").read_text().splitlines()[1:]
    more, alone, unpacked = (float(line.split()[0]) for line in lines)
    assert more == 0
    assert alone < 1e-5 < 1e-3 < unpacked
