"""Chapter one, the language model: what a character costs, and texts that it writes."""

from __future__ import annotations

import math

import pandas as pd
import torch

from evaluation.text.characters import cost, counted, plot_costs
from evaluation.text.samples import distinct, known_words
from evaluation.text.states import plot_surprise
from features.panel import Floats
from flows.text.bench import Bench
from flows.text.characters import Characters, characters, settings
from models.text.language_model import LanguageModel, LanguageSettings
from models.text.sampling import Choice, write
from models.text.streams import language_task, surprise

CHOICES = {
    "the likeliest": Choice(temperature=0),
    "temperature 0.5": Choice(temperature=0.5),
    "temperature 1": Choice(),
    "temperature 1.5": Choice(temperature=1.5),
    "top-k 5": Choice(top_k=5),
    "nucleus 0.9": Choice(nucleus=0.9),
}


def language_model(bench: Bench) -> None:
    """A character language model: learned, judged on unseen text beside counting, sampled."""
    text = characters(bench)
    torch.manual_seed(bench.seed)
    shape = LanguageSettings(
        "lstm", hidden=bench.pick(256, 16), embedding=bench.pick(64, 8), dropout=0.2
    )
    model = LanguageModel(len(text.vocabulary), shape)
    rows, steps = bench.pick((32, 64), (4, 16))
    task = language_task(text.ids(text.train), text.ids(text.held), rows, steps)
    how = settings(bench, bench.pick(4, 2), 6e-3, clip=0.25)
    epochs = bench.train("characters-lstm", model, task, how, **vars(shape))
    held = {"LSTM": [epoch.validation_loss / math.log(2) for epoch in epochs]}
    counting = {n: cost(counted(text.train, text.held, n)).bits for n in (1, 2, 3, 5)}
    names = {f"{n}-gram" if n > 1 else "frequency": bits for n, bits in counting.items()}
    bench.figure("1.6-learning", plot_costs(held, names))
    nats = surprise(model, text.ids(text.unseen), streams=bench.pick(1, 8), chunk=2048).numpy()
    bench.table("1.6-characters", costs(text, nats))
    bench.tell("characters-lstm", bits_per_character=cost(nats).bits)
    bench.figure("1.6-surprise", plot_surprise(text.unseen[1:601], nats[:600]))
    samples(bench, text, model)


def costs(text: Characters, nats: Floats) -> pd.DataFrame:
    """Nats, bits and perplexity on the unseen text, by counting and by the model."""
    found = {f"{n}-gram": cost(counted(text.train, text.unseen, n)) for n in range(1, 6)}
    rows = {"even guess": cost(counted(text.train, text.unseen, 0)), **found, "LSTM": cost(nats)}
    return pd.DataFrame(
        {
            "model": list(rows),
            "nats per character": [one.nats for one in rows.values()],
            "bits per character": [one.bits for one in rows.values()],
            "perplexity": [one.perplexity for one in rows.values()],
        }
    )


def samples(bench: Bench, text: Characters, model: LanguageModel) -> None:
    """Texts from one prompt, by every way to choose the next character."""
    length, several = bench.pick((300, 8), (20, 2))
    prompt = prose(text.unseen, 60)
    read = text.ids(prompt).expand(several, -1)
    parts, rows = [f"prompt: {prompt}\n"], []
    for name, choice in CHOICES.items():
        generator = torch.Generator().manual_seed(bench.seed)
        ids = write(model, read, model.begin(several), length, choice, generator)
        written = [text.written(row) for row in ids.tolist()]
        parts.append(f"--- {name}\n{written[0]}\n")
        joined = "\n".join(written)
        known, fresh = known_words(joined, text.train), distinct(joined)
        rows.append({"choice": name, "known words": known, "distinct 4-grams": fresh})
    bench.text("1.6-samples", "\n".join(parts))
    bench.table("1.6-samples", pd.DataFrame(rows))


def prose(text: str, length: int) -> str:
    """Some characters in a row with as many letters as there are: no table, no blank lines."""
    starts = range(0, max(1, len(text) - length), length)
    return max((text[k : k + length] for k in starts), key=lambda part: sum(map(str.isalpha, part)))
