"""The parameters of the flow `text`, which are also the form that Prefect shows."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from features.text.corpora import Corpora
from features.text.source import is_there, source_of
from flows.form import Form, later
from flows.text.course import CHAPTERS, example
from flows.text.example import Example
from models.settings import require

Chapter = Annotated[int, Field(ge=min(CHAPTERS), le=max(CHAPTERS))]


def _number(given: object) -> str:
    """The number of an example, which YAML reads as a float."""
    return example(str(given)).number


Number = Annotated[
    str,
    BeforeValidator(_number),
    Field(json_schema_extra={"pattern": r"^[1-5]\.[1-7]$"}),
]
KINDS = ("characters", "sentiment", "tags", "translation", "summaries", "dialogue")
"""Of text, each with an embedded corpus."""


class TextParameters(Form):
    """Train the models of the course, chapter by chapter, and leave figures to learn from."""

    flow: ClassVar[str] = "text"

    chapters: tuple[Chapter, ...] = Field(default=(1, 2, 3, 4), min_length=1)
    """Chapters to go through: 1 the recurrent network, 2 LSTM and GRU, 3 sequence to sequence, 4
    attention, 5 forecasting."""
    examples: tuple[Number, ...] = ()
    """Only these of their examples, such as `1.3`; all of them where none is named."""
    size: Literal["usual", "small"] = "usual"
    """`small` shows in seconds that an example runs, and teaches nothing."""
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Of the weights, the batches and the drawing of the corpora's parts."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to train; auto takes CUDA, then MPS, then the CPU."""
    experiment: str = Field(default="text", min_length=1)
    """Name of the MLflow experiment."""
    characters: str | None = later(None, min_length=1)
    """A text for the language models: a file or folder, or `hf:NAME` of Hugging Face `datasets`;
    the topics of Python's help where empty."""
    sentiment: str | None = later(None, min_length=1)
    """Texts and their classes: a folder or a file a class, JSON lines, or `hf:NAME`; sentences
    written for this project where empty, as with all that follow."""
    tags: str | None = later(None, min_length=1)
    """Sentences with a tag a token: CoNLL columns, JSON lines, or `hf:NAME`."""
    translation: str | None = later(None, min_length=1)
    """Sentences in English and French or Japanese: tab-separated, two files with a comma between,
    a folder of `train.en`, `train.fr` and so on, JSON lines, or `hf:NAME`."""
    summaries: str | None = later(None, min_length=1)
    """Texts and their summaries: tab-separated, JSON lines, or `hf:NAME`."""
    dialogue: str | None = later(None, min_length=1)
    """What is said and answered: YAML as ChatterBot has it, tab-separated, or `hf:NAME`."""

    @model_validator(mode="after")
    def _names_each_once(self) -> TextParameters:
        for field in ("chapters", "examples"):
            given = getattr(self, field)
            twice = [str(one) for k, one in enumerate(given) if one in given[:k]]
            require(not twice, f"{field} names {', '.join(twice)} twice; name each once")
        return self

    @model_validator(mode="after")
    def _names_sources_that_are_there(self) -> TextParameters:
        for kind in KINDS:
            if (named := getattr(self, kind)) is None:
                continue
            source = source_of(named)
            missing = [] if source.hub else [p for p in source.paths if not is_there(p)]
            require(
                not missing,
                f"there is no {missing[0] if missing else ''}, named as the source of {kind}; name "
                "a file or folder that is there, or leave it out to have the embedded corpus",
            )
        return self

    @model_validator(mode="after")
    def _names_examples_of_its_chapters(self) -> TextParameters:
        if "chapters" in self.model_fields_set:
            for one in self.examples:
                require(
                    int(one[0]) in self.chapters,
                    f"example {one} is in chapter {one[0]}, expected one of the chapters "
                    f"{', '.join(map(str, self.chapters))}; add its chapter, or leave it out",
                )
        return self

    @property
    def corpora(self) -> Corpora:
        """Where the text comes from."""
        return Corpora(**{kind: getattr(self, kind) for kind in KINDS}, seed=self.seed)

    def in_turn(self) -> dict[int, list[Example]]:
        """The chapters to go through, each with its examples.

        Raises:
            UserError: an example that is not there.
        """
        from flows.text.course import chapter

        if not self.examples:
            return {number: list(chapter(number)) for number in self.chapters}
        found: dict[int, list[Example]] = {}
        for number in sorted(self.examples):
            found.setdefault(int(number[0]), []).append(example(number))
        return found
