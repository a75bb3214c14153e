"""Chapter four, the recurrent network against the Transformer: quality, speed, memory, heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from evaluation.text.lengths import plot_cost_by_length, plot_heads
from evaluation.text.memory import peak_bytes
from evaluation.text.translation import bleu, by_length
from evaluation.text.translation_figures import plot_by_length
from features.text.batches import Padded
from features.text.vocabulary import BEGIN, SPECIAL
from flows.text.bench import Bench
from flows.text.chapter_four_scores import quickest
from flows.text.chapter_three_decoding import joined, words
from flows.text.translating import Lesson, Machine, learned
from models.text.beam import Search, Translates
from models.text.transformer import Transformer, TransformerSettings
from models.text.translation import cross_entropy
from models.text.translator import Translator, TranslatorSettings

TOKENS, ENTRIES = 1024, 1000
"""Of a batch whose cost is measured: the longer its rows, the fewer."""


def lengths(bench: Bench) -> None:
    """4.6: both on one to four sentences at a time, what they cost, and heads compared."""
    corpus = joined(
        bench.corpora.pairs("ja"), bench.pick(1000, 40), bench.pick(250, 16), bench.seed
    )
    both = words(corpus)
    texts, wanted = [pair.source for pair in corpus.test], [pair.target for pair in corpus.test]
    width = bench.pick(96, 16)
    shapes: dict[str, TranslatorSettings | TransformerSettings] = {
        "GRU with attention": TranslatorSettings(hidden=width, attention="dot", dropout=0.1)
    } | {
        transformer_of(heads): TransformerSettings(width, heads, 2, 2 * width, 0.1)
        for heads in bench.pick((1, 4), (1, 2))
    }
    written, losses, heads = {}, {}, []
    for name, shape in shapes.items():
        # about the same time for both
        usual, rate = (10, 1e-2) if isinstance(shape, TranslatorSettings) else (6, 3e-3)
        lesson = Lesson(bench.pick(usual, 1), rate)
        machine, _ = learned(bench, f"by length {name}", corpus, both, shape, lesson)
        written[name] = machine.translate(texts, Search(width=1))
        losses[name] = np.array(machine.losses(corpus.test))
        score, loss = bleu(written[name], wanted, "none"), float(losses[name].mean())
        bench.tell(f"by length {name}", bleu=score, loss=loss)
        if isinstance(shape, TransformerSettings):
            speed = cost(machine.model, 32, bench.pick(3, 1), min(map(len, both)))["trained"]
            heads.append((shape.heads, loss, score, speed))
    chosen = ["GRU with attention", transformer_of(bench.pick(4, 2))]
    table = by_length(
        Machine(machine.model, *both).numbers(texts).lengths,
        {name: written[name] for name in chosen},
        wanted,
        losses,
        bench.pick(6, 2),
        "none",
    )
    bench.table("4.6-length", table)
    bench.figure(
        "4.6-length",
        plot_by_length(table, "Recurrence against self-attention, by the length of the source"),
    )
    found = pd.DataFrame(heads, columns=["heads", "loss", "bleu", "trained"])
    bench.table("4.6-heads", found)
    bench.figure("4.6-heads", plot_heads(found, f"A width of {width} in one head or in many"))
    costs_by_length(bench, {name: shapes[name] for name in chosen})


def transformer_of(heads: int) -> str:
    """The name of a Transformer."""
    return f"Transformer with {heads} head{'' if heads == 1 else 's'}"


def costs_by_length(bench: Bench, shapes: dict[str, Any]) -> None:
    """What a step of each costs, for the same number of tokens in longer and longer rows."""
    rows = []
    for name, shape in shapes.items():
        torch.manual_seed(bench.seed)
        made = Translator if isinstance(shape, TranslatorSettings) else Transformer
        model = made(ENTRIES, ENTRIES, shape)
        rows += [
            {"model": name, "length": length, **cost(model, length, bench.pick(3, 1))}
            for length in bench.pick((8, 32, 128, 256), (8, 16))
        ]
    table = pd.DataFrame(rows)
    bench.table("4.6-cost", table)
    bench.figure(
        "4.6-cost", plot_cost_by_length(table, f"What {TOKENS} tokens cost, by their rows' length")
    )


def cost(
    model: Translator | Transformer, length: int, times: int, entries: int = ENTRIES
) -> dict[str, float]:
    """Tokens a second in training and in writing, and megabytes of a training step.

    Args:
        model: of both sides' `entries` or more.
        length: of the rows that are read and written.
        times: that each is done; the quickest counts.
        entries: of the vocabulary, to draw tokens from.
    """
    rows, device = max(1, TOKENS // length), next(model.parameters()).device
    draw = torch.Generator().manual_seed(0)
    ids = torch.randint(len(SPECIAL), entries, (2, rows, length), generator=draw).to(device)
    source = Padded(ids[0], torch.full((rows,), length))

    def trained() -> None:
        model.zero_grad()
        cross_entropy(model(source, ids[1]), ids[1], 0.0, "mean").backward()

    @torch.no_grad()
    def written() -> None:
        writer: Translates = model
        state, tokens = writer.begin(source), torch.full((rows,), BEGIN, device=device)
        for _ in range(length):
            log_p, state = writer.step(tokens, state)
            tokens = log_p.argmax(-1)

    model.train()
    trained()
    training, memory = quickest(trained, times), peak_bytes(trained)
    model.eval()
    return {
        "trained": rows * length / training,
        "written": rows * length / quickest(written, times),
        "megabytes": memory / 1e6,
    }
