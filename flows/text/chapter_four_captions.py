"""Chapter four, images: what is in a scene of handwritten digits, and where each word was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd
import torch

from evaluation.text.captions import Described, plot_described, token_accuracy
from evaluation.text.labels import accuracy
from features.text.corpus import Corpus
from features.text.scenes import Scene, scenes
from features.text.vocabulary import BEGIN, Vocabulary
from flows.text.bench import Bench
from models.settings import TrainingSettings
from models.text.beam import greedy
from models.text.captioner import Captioner, CaptionerSettings
from models.text.captioning import Captioned, caption_task, naming_task
from models.training import Task

LONGEST = 12
"""Most tokens of a caption, its end with them."""


def captions(bench: Bench) -> None:
    """4.7: convolutions, attention over regions, and a caption word by word."""
    corpus = scenes(bench.pick(4000, 60), bench.pick(400, 12), bench.seed)
    vocabulary = Vocabulary.words(scene.caption for scene in corpus.train)
    torch.manual_seed(bench.seed)
    shape = CaptionerSettings(hidden=bench.pick(96, 16), channels=bench.pick(12, 4))
    model = Captioner(len(vocabulary), shape)
    parts = corpus.train, corpus.validation
    train, validation = (Captioned.of(part, vocabulary) for part in parts)
    alone, alone_too = (
        Captioned.of([scene for scene in part if len(scene.placed) == 1], vocabulary)
        for part in parts
    )
    learn(bench, "naming", model, naming_task(alone, alone_too), bench.pick(8, 1), corpus)
    learn(bench, "captioner", model, caption_task(train, validation), bench.pick(6, 1), corpus)
    said = described(model, vocabulary, corpus.test)
    table = scored(corpus.test, [" ".join(one.words) for one in said])
    bench.table("4.7-captions", table)
    whole = table.iloc[-1]
    bench.tell("captioner", exact=float(whole["exact"]), token_accuracy=float(whole["tokens"]))
    share = f"{100 * whole['exact']:.0f} % of captions are exact"
    title = f"What it says, and where it looks for each word: {share}; a wrong word is orange"
    bench.figure("4.7-captions", plot_described(chosen(said, corpus.test), title))


def learn(
    bench: Bench, name: str, model: Captioner, task: Task, epochs: int, corpus: Corpus[Scene]
) -> None:
    """Train the captioner for a task: first to name single digits, then to tell all scenes."""
    settings = TrainingSettings(
        epochs=epochs, patience=epochs, learning_rate=3e-3, device=bench.device, seed=bench.seed
    )
    params = {"corpus": corpus.name, "digest": corpus.digest, **asdict(model.settings)}
    bench.train(name, model, task, settings, **params)


def described(model: Captioner, vocabulary: Vocabulary, found: Sequence[Scene]) -> list[Described]:
    """Each scene with its caption, and the weights of each of its words."""
    images = torch.stack([scene.image for scene in found])
    with torch.no_grad():
        written = greedy(model, model.begin(images), torch.full((len(found),), LONGEST))
        out = []
        for scene, one in zip(found, written, strict=True):
            fed = torch.tensor([[BEGIN, *one.ids]])
            weights = model.attended(scene.image[None], fed)[1][0, : len(one.ids)]
            words = vocabulary.tokens(one.ids)
            image = scene.image.double().numpy()
            out.append(Described(image, words, weights.double().numpy(), scene.caption))
    return out


def scored(found: Sequence[Scene], written: Sequence[str]) -> pd.DataFrame:
    """Exact matches and token accuracy by the number of digits, and of all."""
    rows = []
    for count in ("1", "2", "3", "all"):
        pairs = [
            (text, scene.caption)
            for text, scene in zip(written, found, strict=True)
            if count in ("all", str(len(scene.placed)))
        ]
        if pairs:
            got, wanted = zip(*pairs, strict=True)
            rows.append((count, len(pairs), accuracy(wanted, got), token_accuracy(got, wanted)))
    return pd.DataFrame(rows, columns=["digits", "scenes", "exact", "tokens"])


def chosen(said: Sequence[Described], found: Sequence[Scene]) -> list[Described]:
    """Two scenes of each number of digits, and one whose caption is wrong."""
    right = [
        one for one in zip(said, found, strict=True) if " ".join(one[0].words) == one[1].caption
    ]
    wrong = [one for one in said if " ".join(one.words) != one.reference and one.words]
    kinds = [[one for one, scene in right if len(scene.placed) == n][:2] for n in (1, 2, 3)]
    return [*(one for kind in kinds for one in kind), *wrong[:1]] or list(said[:1])
