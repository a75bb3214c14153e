"""The corpora of the course: embedded ones, and those that a user names in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from features.errors import UserError
from features.text import loaders
from features.text.corpus import Corpus, Labelled, Pair, Tagged, cut, cut_in_order
from features.text.source import Parts, Source, source_of
from features.text.translations import load_translations

E = TypeVar("E")


@dataclass(frozen=True)
class Corpora:
    """Where each kind of text comes from; None is the embedded one.

    A source is a path or `hf:NAME`; `loaders.py` and `translations.py` say what each kind may be.
    The parts are the corpus's own where it has them, else they are drawn by the seed: eight tenths
    to learn from, one to choose by, one to judge by.
    """

    characters: str | None = None
    sentiment: str | None = None
    tags: str | None = None
    translation: str | None = None
    summaries: str | None = None
    dialogue: str | None = None
    seed: int = 0
    """Of the drawing of the parts."""

    def text(self) -> Corpus[str]:
        """One text for character models, cut in order.

        Raises:
            UserError: the source cannot be used, as in every method here.
        """
        if self.characters is None:
            from features.text.embedded.characters import text

            return cut_in_order(text(), "python-topics", test=0.1)
        source = source_of(self.characters)
        return cut_in_order(loaders.load_text(source), source.title, test=0.1)

    def labelled(self) -> Corpus[Labelled]:
        """Sentences and their sentiment."""
        corpus = self._corpus(self.sentiment, loaders.load_labelled, "sentiment")
        if len(found := {one.label for one in corpus.train}) < 2:
            raise UserError(
                f"the corpus {corpus.name} has the one class {', '.join(found)} to learn from, "
                "expected at least two; add examples of another"
            )
        return corpus

    def tagged(self) -> Corpus[Tagged]:
        """Sentences with a tag for each token: B-, I- and O as in CoNLL 2003."""
        return self._corpus(self.tags, loaders.load_tagged, "tags")

    def pairs(self, language: str = "fr") -> Corpus[Pair]:
        """English and another language: `fr` as it is written, `ja` in tokens.

        Of a user's source, any language that it has; the one of these two for the other, and two
        columns or files have one.
        """
        if self.translation is None and language not in _TRANSLATIONS:
            raise UserError(
                f"there are no embedded translations into '{language}', expected "
                f"{' or '.join(_TRANSLATIONS)}; name one of these, or a source of your own"
            )

        def load(source: Source) -> Parts[Pair]:
            others = _TRANSLATIONS if language in _TRANSLATIONS else ()
            return load_translations(source, language, *others)

        return self._corpus(self.translation, load, f"english-{language}")

    def summarised(self) -> Corpus[Pair]:
        """Texts and their summaries."""
        return self._corpus(self.summaries, loaders.load_pairs, "summaries")

    def dialogues(self) -> Corpus[Pair]:
        """What is said, and what is answered."""
        return self._corpus(self.dialogue, loaders.load_pairs, "dialogue")

    def require(self) -> None:
        """Read all that the user names, so that a mistake is said before anything is trained.

        Raises:
            UserError: a source that cannot be used.
        """
        reading: dict[str, Callable[[], object]] = {
            "characters": self.text,
            "sentiment": self.labelled,
            "tags": self.tagged,
            "translation": self.pairs,
            "summaries": self.summarised,
            "dialogue": self.dialogues,
        }
        for kind, read in reading.items():
            if getattr(self, kind) is not None:
                read()

    def _corpus(
        self, named: str | None, load: Callable[[Source], Parts[E]], kind: str
    ) -> Corpus[E]:
        if named is None:
            return cut(_embedded(kind), kind, self.seed)
        source = source_of(named)
        return load(source).corpus(source.title, self.seed)


_TRANSLATIONS = ("fr", "ja")


@cache
def _embedded(kind: str) -> Any:
    """All examples of an embedded corpus: a sequence of what its kind holds."""
    from features.text.embedded import dialogue, names, reports, sentiment, translations

    makers: dict[str, Callable[[], object]] = {
        "sentiment": sentiment.sentences,
        "tags": names.sentences,
        "english-fr": translations.english_french,
        "english-ja": translations.english_japanese,
        "summaries": reports.reports,
        "dialogue": dialogue.dialogues,
    }
    return makers[kind]()
