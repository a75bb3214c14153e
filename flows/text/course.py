"""The course: five chapters of seven examples. A chapter is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from features.errors import UserError
from flows.text.example import Example

CHAPTERS = {
    1: "The recurrent network",
    2: "LSTM and GRU",
    3: "Sequence to sequence",
    4: "Attention",
    5: "Forecasting",
}
OBJECTIVES: dict[int, dict[str, tuple[str, ...]]] = {
    1: {
        "the structure of a recurrent network, and its hidden state": ("1.1", "1.2"),
        "the forward pass": ("1.2",),
        "back-propagation through time": ("1.3",),
        "vanishing and exploding gradients": ("1.4", "1.5"),
        "the vanilla network at work": ("1.6", "1.7"),
    },
    2: {
        "gates and the cell state": ("2.1", "2.2", "2.3"),
        "LSTM against GRU": ("2.4",),
        "when to choose which": ("2.4", "2.5"),
        "sequences of unequal length": ("2.6",),
        "an answer at every step": ("2.7",),
    },
    3: {
        "encoder and decoder": ("3.1", "3.6", "3.7"),
        "the context vector, and its limit": ("3.1", "3.5"),
        "teacher forcing": ("3.2",),
        "beam search": ("3.3",),
        "sub-words": ("3.4",),
    },
    4: {
        "attention scores, and their scaling": ("4.1",),
        "alignment": ("4.2",),
        "what attention is worth": ("4.3",),
        "self-attention": ("4.4", "4.5", "4.6"),
        "attention over an image": ("4.7",),
    },
    5: {
        "preprocessing": ("5.1",),
        "stocks": ("5.2",),
        "weather": ("5.3",),
        "several steps ahead": ("5.4", "5.5"),
        "metrics": ("5.6", "5.7"),
    },
}
"""What each chapter is for, and the examples that teach it."""
_WORDS = ("one", "two", "three", "four", "five")


def chapter(number: int) -> tuple[Example, ...]:
    """The seven examples of a chapter.

    Raises:
        UserError: there is no such chapter.
    """
    if number not in CHAPTERS:
        raise UserError(
            f"there is no chapter {number}, expected {', '.join(map(str, CHAPTERS))}; name one"
        )
    found = import_module(f"flows.text.chapter_{_WORDS[number - 1]}")
    examples: tuple[Example, ...] = found.EXAMPLES
    return examples


def example(number: str) -> Example:
    """The example of a number such as `1.3`.

    Raises:
        UserError: there is none.
    """
    first, _, _ = number.partition(".")
    examples = chapter(int(first)) if first.isdecimal() else ()
    for one in examples:
        if one.number == number:
            return one
    known = ", ".join(one.number for one in examples) or "1.1 to 5.7"
    raise UserError(f"there is no example '{number}', expected {known}; name one")
