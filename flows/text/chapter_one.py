"""Chapter one: the recurrent network."""

from __future__ import annotations

from flows.text.chapter_one_gradients import back_through_time, gradients, long_lags
from flows.text.chapter_one_language import language_model
from flows.text.chapter_one_structure import forward, hello, shapes
from flows.text.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        "1.1",
        "The structure, and the four shapes",
        "How one network reads one input or many, answers once or at every step, and what each "
        "shape can know of the next character.",
        "models.text.shapes",
        "1.1-shapes.png",
        shapes,
    ),
    Example(
        "1.2",
        "The forward pass: hidden states over a text",
        "That a hidden state is a vector which every character changes, some of its units slowly "
        "and some at once.",
        "models.text.cells",
        "1.2-states.png",
        forward,
    ),
    Example(
        "1.3",
        "Back-propagation through time, by hand",
        "That the derivative of an unrolled network is a walk back over its steps, equal to "
        "autograd's, and what a truncated walk leaves out.",
        "models.text.bptt",
        "1.3-truncation.png",
        back_through_time,
    ),
    Example(
        "1.4",
        "Vanishing and exploding gradients",
        "How a gradient fades or grows with the distance in time, by cell and by start, and what "
        "clipping does about it.",
        "models.text.gradients",
        "1.4-gradients.png",
        gradients,
    ),
    Example(
        "1.5",
        "Long lags: adding and copying",
        "How far back each cell learns to remember where nothing but memory helps: none is best at "
        "both tasks.",
        "models.text.long_lags",
        "1.5-lags.png",
        long_lags,
    ),
    Example(
        "1.6",
        "A character language model",
        "What bits per character say, how truncated back-propagation with a carried state learns "
        "a text, and how temperature, top-k and nucleus change what is written.",
        "models.text.streams",
        "1.6-learning.png",
        language_model,
    ),
    Example(
        "1.7",
        'Completing "hello"',
        "Why a network needs a state: only one that remembers tells what comes after which l.",
        "models.text.shapes",
        "1.7-hello.png",
        hello,
    ),
)
