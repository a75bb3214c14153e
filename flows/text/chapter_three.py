"""Chapter three: sequence to sequence."""

from __future__ import annotations

from flows.text.chapter_three_decoding import by_length, schedules, widths
from flows.text.chapter_three_encoding import context_vector, vocabularies
from flows.text.chapter_three_pairs import chatbot, summaries
from flows.text.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        "3.1",
        "Encoder and decoder: the context vector",
        "That a sentence can become one vector, that sentences of like form lie together there, "
        "and that a second network can write a translation from it.",
        "models.text.translator",
        "3.1-context.png",
        context_vector,
    ),
    Example(
        "3.2",
        "Teacher forcing and its schedules",
        "That a decoder fed with true words learns fast but never meets its own mistakes, and what "
        "schedules that feed it its own words change.",
        "models.text.forcing",
        "3.2-forcing.png",
        schedules,
    ),
    Example(
        "3.3",
        "Greedy against beam search",
        "That the likeliest next word does not lead to the likeliest sentence, what a wider beam "
        "finds, and why its scores are divided by a length penalty.",
        "models.text.beam",
        "3.3-widths.png",
        widths,
    ),
    Example(
        "3.4",
        "Sub-words: between characters and words",
        "How the size of a vocabulary trades long sequences against unknown words.",
        "features.text.vocabulary",
        "3.4-vocabularies.png",
        vocabularies,
    ),
    Example(
        "3.5",
        "The context vector's limit",
        "That one vector holds less of a text the longer it is, and that attention keeps more.",
        "models.text.translator",
        "3.5-length.png",
        by_length,
    ),
    Example(
        "3.6",
        "Summaries",
        "That the same machine shortens texts, how ROUGE scores it, and that the first sentence is "
        "what a summary has to beat.",
        "evaluation.text.summaries",
        "3.6-rouge.png",
        summaries,
    ),
    Example(
        "3.7",
        "A chatbot",
        "That the same machine answers, and how little it knows of what it was not told.",
        "flows.text.chat",
        "3.7-answers.txt",
        chatbot,
    ),
)
