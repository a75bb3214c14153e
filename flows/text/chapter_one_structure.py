"""Chapter one, the structure: the four shapes, the states that go through a text, "hello"."""

from __future__ import annotations

import pandas as pd
import torch

from evaluation.text.shapes import plot_shapes
from evaluation.text.states import plot_next, plot_states, slowest
from features.text.vocabulary import Vocabulary
from flows.text.bench import Bench
from flows.text.characters import characters, settings
from models.text.language_model import LanguageModel, LanguageSettings
from models.text.shapes import SHAPES, Shape, Shaped, shape_task
from models.text.streams import language_task

WORD = "hello"


def shapes(bench: Bench) -> None:
    """One network in four shapes learns the next character, each from what it reads."""
    text = characters(bench)
    tokens, length = len(text.vocabulary), 16
    ids, held = text.ids(text.train), text.ids(text.held)
    rows, notes = [], dict[str, str]()
    for shape in SHAPES:
        torch.manual_seed(bench.seed)
        model = Shaped(tokens, bench.pick(64, 8), tokens, shape)
        said = length if shape.endswith("many") else 1
        count = bench.pick(1024, 32) // said  # as many answers a step, whatever the shape
        task = shape_task(shape, tokens, ids, held, length, bench.pick(110, 3), count)
        name = f"shape-{shape}"
        epochs = bench.train(name, model, task, settings(bench, 2, 0.01), shape=shape)
        nats = min(epoch.validation_loss for epoch in epochs)
        bench.tell(name, nats_per_character=nats)
        parameters = sum(one.numel() for one in model.parameters())
        rows.append({"shape": shape, "parameters": parameters, "nats per character": nats})
        notes[shape] = f"{_said(shape, length)}:\n{nats:.2f} nats a character"
    bench.table("1.1-shapes", pd.DataFrame(rows))
    bench.figure("1.1-shapes", plot_shapes(notes))


def _said(shape: Shape, length: int) -> str:
    return {
        "one-to-one": "the next character,\nfrom the last alone",
        "one-to-many": f"the next {length} characters,\nfrom the first alone",
        "many-to-one": f"the next character,\nfrom the last {length}",
        "many-to-many": f"the next, {length} times,\nfrom all so far",
    }[shape]


def forward(bench: Bench) -> None:
    """The states of a vanilla network, drawn while it reads."""
    text = characters(bench)
    torch.manual_seed(bench.seed)
    shape = LanguageSettings("rnn", hidden=bench.pick(128, 8), embedding=bench.pick(32, 4))
    model = LanguageModel(len(text.vocabulary), shape)
    rows, steps = bench.pick((32, 64), (4, 16))
    task = language_task(text.ids(text.train), text.ids(text.held), rows, steps)
    epochs = bench.train("states-rnn", model, task, settings(bench, bench.pick(4, 1), 2e-3))
    bench.tell("states-rnn", nats_per_character=min(one.validation_loss for one in epochs))
    before, shown = 200, 76
    excerpt = text.held[: before + shown]
    with torch.no_grad():
        states = model.states(text.ids(excerpt)[None])[-1, 0, before:].numpy()
    units = slowest(states, 24)
    title = "Hidden states of a vanilla RNN while it reads"
    bench.figure("1.2-states", plot_states(excerpt[before:], states, units.tolist(), title))


def hello(bench: Bench) -> None:
    """A network that remembers completes a word; one that does not cannot tell l from l."""
    vocabulary = Vocabulary.characters([WORD])
    ids = torch.tensor(vocabulary.encode([WORD])[0])
    steps = len(WORD) - 1
    expected = {}
    for name, shape in (("memoryless", SHAPES[0]), ("recurrent", SHAPES[3])):
        torch.manual_seed(bench.seed)
        model = Shaped(len(vocabulary), 12, len(vocabulary), shape)
        length = 1 if shape == "one-to-one" else steps
        task = shape_task(shape, len(vocabulary), ids, ids, length, steps=60, rows=16)
        bench.train(f"hello-{name}", model, task, settings(bench, 5, 0.02), shape=shape)
        read = torch.nn.functional.one_hot(ids[:-1], len(vocabulary)).float()
        with torch.no_grad():
            logits = model(read) if shape == "one-to-one" else model(read[None])[0]
        expected[name] = logits.softmax(dim=-1)
    letters = sorted(set(WORD))
    columns = [vocabulary.encode([letter])[0][0] for letter in letters]
    drawn = {name: p[:, columns].numpy() for name, p in expected.items()}
    title = f'Completing "{WORD}": after one l comes l, after the other o'
    bench.figure("1.7-hello", plot_next(list(WORD[:-1]), letters, drawn, title))
    bench.text("1.7-hello", f"{WORD[0]} → {complete(model, vocabulary, WORD[0], steps)}\n")


@torch.no_grad()
def complete(model: Shaped, vocabulary: Vocabulary, begin: str, length: int) -> str:
    """The likeliest next character, again and again.

    Args:
        model: of the shape `many-to-many`.
        vocabulary: of its characters.
        begin: what it goes on from.
        length: characters to add.
    """
    ids = vocabulary.encode([begin])[0]
    state = None
    x = torch.nn.functional.one_hot(torch.tensor(ids), len(vocabulary)).float()[None]
    for _ in range(length):
        state = model.cell(x, state)[:, -1]
        ids.append(int(model.head(state).argmax()))
        x = torch.nn.functional.one_hot(torch.tensor(ids[-1:]), len(vocabulary)).float()[None]
    return vocabulary.decode(ids)
