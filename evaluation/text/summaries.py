"""How good summaries are: ROUGE, and the sentence that any summary has to beat."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

KINDS = {"ROUGE-1": "rouge1", "ROUGE-2": "rouge2", "ROUGE-L": "rougeL"}


def rouge(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """ROUGE-1, -2 and -L: F1 in percent, by rouge_score with its stemmer (Lin 2004).

    Args:
        written: [R] summaries.
        references: [R] of one or more each; of them the one that is met best counts.

    Returns:
        The mean of each over the summaries; more is better.
    """
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(KINDS.values()), use_stemmer=True)
    total = dict.fromkeys(KINDS, 0.0)
    for one, wanted in zip(written, references, strict=True):
        scores = scorer.score_multi(list(wanted), one)
        for name, kind in KINDS.items():
            total[name] += 100 * float(scores[kind].fmeasure)
    return {name: score / len(written) for name, score in total.items()}


def likeness() -> Callable[[str, str], float]:
    """What says how much of a summary is in a sentence: the mean of ROUGE-1 and -2, in percent.

    Without ROUGE-L and the stemmer, which take most of the time, for it is asked of every sentence.
    """
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rouge1", "rouge2"], use_stemmer=False)

    def of(sentence: str, summary: str) -> float:
        scores = scorer.score(summary, sentence)
        return 50 * float(scores["rouge1"].fmeasure + scores["rouge2"].fmeasure)

    return of


def sentences(text: str) -> list[str]:
    """Where a full stop, a question or an exclamation mark and a space end one."""
    return [one for one in re.split(r"(?<=[.!?])\s+", text.strip()) if one]


def lead(text: str) -> str:
    """The first sentence: the summary without a model."""
    return sentences(text)[0]
