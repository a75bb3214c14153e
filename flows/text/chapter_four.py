"""Chapter four: attention."""

from __future__ import annotations

from flows.text.chapter_four_captions import captions
from flows.text.chapter_four_lengths import lengths
from flows.text.chapter_four_scores import positions, scores
from flows.text.chapter_four_translation import alignments, transformer, with_and_without
from flows.text.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        "4.1",
        "Five scores of attention",
        "How dot, scaled, general, additive and local scores differ, and why products of wide "
        "vectors are divided by the root of their width: without it the softmax has no slope left.",
        "models.attention",
        "4.1-scores.png",
        scores,
    ),
    Example(
        "4.2",
        "Where a translator looks",
        "That attention finds by itself which word comes from which, also where languages order "
        "them differently.",
        "evaluation.text.alignment",
        "4.2-alignment.png",
        alignments,
    ),
    Example(
        "4.3",
        "With and without attention",
        "What attention is worth to a translator, and how much the score matters.",
        "models.text.translator",
        "4.3-attention.csv",
        with_and_without,
    ),
    Example(
        "4.4",
        "Self-attention and positions",
        "That self-attention reads a bag of words until it is told places, by adding waves or by "
        "turning queries and keys, and that only distances matter to the turned ones.",
        "models.text.positions",
        "4.4-positions.png",
        positions,
    ),
    Example(
        "4.5",
        "A Transformer",
        "How multi-head attention, layer norm and feed-forward parts make an encoder and a decoder "
        "that translate, what each head looks at, and that the fast kernel is the plain formula.",
        "models.text.transformer",
        "4.5-heads.png",
        transformer,
    ),
    Example(
        "4.6",
        "Recurrence against self-attention",
        "What each gains and costs as sequences become longer, in quality, speed and memory, and "
        "what more heads change.",
        "models.text.multi_head",
        "4.6-length.png",
        lengths,
    ),
    Example(
        "4.7",
        "Captions of images",
        "That a decoder may attend to regions of an image as it does to words, and says what it "
        "sees and where.",
        "models.text.captioner",
        "4.7-captions.png",
        captions,
    ),
)
