"""Chapter two: LSTM and GRU."""

from __future__ import annotations

from flows.text.chapter_two_cells import gates, gru, lstm
from flows.text.chapter_two_sentiment import cells, packing, shapes
from flows.text.chapter_two_tags import tagging_entities
from flows.text.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        "2.1",
        "The LSTM by hand",
        "Which equations an LSTM is, and that a forget gate near 1 keeps a state, and lets an "
        "error come back, over many steps.",
        "models.text.gated_cells",
        "2.1-lstm.png",
        lstm,
    ),
    Example(
        "2.2",
        "The GRU by hand",
        "That two gates and three quarters of the weights are enough: the update gate decides how "
        "soon the state follows what is read.",
        "models.text.gated_cells",
        "2.2-gru.png",
        gru,
    ),
    Example(
        "2.3",
        "Gates and cell state over a sentence",
        "What a trained LSTM lets in, keeps, forgets and shows at each word, and how its verdict "
        "turns.",
        "evaluation.text.gates",
        "2.3-gates.png",
        gates,
    ),
    Example(
        "2.4",
        "RNN, LSTM and GRU on sentiment",
        "What each cell reaches and costs over three seeds: accuracy, parameters, time, memory.",
        "models.text.classifier",
        "2.4-cells.png",
        cells,
    ),
    Example(
        "2.5",
        "Directions, depth, connections and pooling",
        "Which of these are worth their parameters and their time, and that differences smaller "
        "than those between seeds say nothing.",
        "models.text.stack",
        "2.5-shapes.png",
        shapes,
    ),
    Example(
        "2.6",
        "Padding changes nothing, and costs",
        "Why sentences are packed, and what it saves to batch those of like length.",
        "features.text.batches",
        "2.6-padding.png",
        packing,
    ),
    Example(
        "2.7",
        "Tagging entities",
        "How the same reader labels every token, what reading from both sides and by spelling "
        "adds, and how entities are scored.",
        "models.text.tagger",
        "2.7-tags.png",
        tagging_entities,
    ),
)
