"""Texts as numbers and back: characters, words or sub-words, learned from training text alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PAD, UNKNOWN, BEGIN, END = range(4)
"""Numbers that every vocabulary begins with."""
SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")


class Vocabulary:
    """A tokenizer of the library `tokenizers`, as JSON where it is kept."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    @classmethod
    def characters(cls, texts: Iterable[str]) -> Vocabulary:
        """Every character of some texts."""
        from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

        found = sorted({character for text in texts for character in text})
        tokenizer = Tokenizer(models.WordLevel(_numbered(found), unk_token=SPECIAL[UNKNOWN]))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
        tokenizer.decoder = decoders.Fuse()
        return cls(tokenizer)

    @classmethod
    def words(cls, texts: Iterable[str], at_least: int = 1, most: int | None = None) -> Vocabulary:
        """What spaces part, where it is seen often enough, the most frequent first.

        Args:
            texts: to learn from, with spaces between tokens.
            at_least: times that a word is seen.
            most: words.
        """
        from collections import Counter

        from tokenizers import Tokenizer, models, pre_tokenizers

        seen = Counter(word for text in texts for word in text.split())
        often = sorted(
            (word for word, n in seen.items() if n >= at_least), key=lambda w: (-seen[w], w)
        )
        tokenizer = Tokenizer(models.WordLevel(_numbered(often[:most]), unk_token=SPECIAL[UNKNOWN]))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        return cls(tokenizer)

    @classmethod
    def subwords(
        cls, texts: Iterable[str], size: int, kind: Literal["bpe", "unigram"] = "bpe"
    ) -> Vocabulary:
        """Sub-words: byte-pair merges (Sennrich et al. 2016) or a unigram model (Kudo 2018).

        A punctuation mark is an entry of its own, so that a word is the same in front of it.

        Args:
            texts: to learn from, as they are written.
            size: entries, the special ones among them; fewer where the texts give no more.
            kind: how they are found.
        """
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

        special = list(SPECIAL)
        trainer: Any
        if kind == "bpe":
            tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN]))
            trainer = trainers.BpeTrainer(
                vocab_size=size, special_tokens=special, show_progress=False
            )
        else:
            tokenizer = Tokenizer(models.Unigram())
            trainer = trainers.UnigramTrainer(
                vocab_size=size,
                special_tokens=special,
                unk_token=SPECIAL[UNKNOWN],
                show_progress=False,
            )
        apart = [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")]
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(apart)
        tokenizer.decoder = decoders.Metaspace()
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer)

    @classmethod
    def from_json(cls, text: str) -> Vocabulary:
        """What `to_json` wrote."""
        from tokenizers import Tokenizer

        return cls(Tokenizer.from_str(text))

    def to_json(self) -> str:
        """All that is needed to have it again."""
        return str(self._tokenizer.to_str())

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def encode(self, texts: Iterable[str]) -> list[list[int]]:
        """The numbers of each text, without a begin or an end."""
        return [one.ids for one in self._tokenizer.encode_batch(list(texts))]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of some numbers, up to the first END; the special ones are left out."""
        kept = list(ids)
        if END in kept:
            kept = kept[: kept.index(END)]
        return str(self._tokenizer.decode([one for one in kept if one >= len(SPECIAL)]))

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """What each number stands for."""
        return [str(self._tokenizer.id_to_token(one)) for one in ids]


def _numbered(tokens: Sequence[str]) -> dict[str, int]:
    return {token: number for number, token in enumerate((*SPECIAL, *tokens))}
