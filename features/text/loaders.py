"""Real corpora, each from one source text; `Corpora` says what each kind takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from features.errors import UserError
from features.text import formats
from features.text.corpus import Labelled, Pair, Tagged
from features.text.hub import from_hub
from features.text.reading import whole
from features.text.source import PART_NAMES, Parts, Source, files_of_classes, parts_of

JSON = (".jsonl", ".jsonl.gz", ".json", ".json.gz")
TABS = (".tsv", ".tsv.gz", ".txt", ".txt.gz")
_YAML = (".yml", ".yaml")
_CONLL = (".conll", ".txt", ".iob", ".bio", ".tsv")


def load_text(source: Source) -> str:
    """One text: a file, the files of a folder one after the other, or a field of a data set.

    Raises:
        UserError: it cannot be read, or no field `text` (or that of the option).
    """
    if source.hub:
        (wanted,) = source.fields("text")
        parts = from_hub(source, (wanted,), lambda values: str(values[0] or ""), blank=True)
        return "\n".join(parts.train) + "\n"
    if source.path.is_dir():
        return "\n".join(whole(path) for path in _files(source.path, (".txt",)))
    return whole(source.path)


def load_labelled(source: Source) -> Parts[Labelled]:
    """Texts and classes.

    A folder with a folder a class, of files that are an example each; a folder or name with a file
    a class, `NAME.CLASS`, of lines that are an example each; tab-separated text and class; JSON
    lines, or a data set, with `text` and `label`.

    Raises:
        UserError: what cannot be read.
    """
    wanted = source.fields("text", "label")

    def make(values: tuple[Any, ...]) -> Labelled:
        return Labelled(formats.flat(values[0]), str(values[1]))

    if source.hub:
        return from_hub(source, wanted, make)
    if is_json(source.path):
        return parts_of(source, lambda p: [make(v) for v in formats.records(p, wanted)], JSON)
    if source.path.is_file():
        return Parts(formats.columns_of_classes(source.path))
    return _class_folders(source.path)


def load_tagged(source: Source) -> Parts[Tagged]:
    """Sentences with tags: CoNLL columns, or JSON lines or a data set with `tokens` and `tags`.

    Raises:
        UserError: what cannot be read, or more tags than tokens.
    """
    wanted = source.fields("tokens", "tags")

    def make(values: tuple[Any, ...]) -> Tagged:
        if not all(isinstance(value, list | tuple) for value in values):
            raise UserError(
                f"{source.name} has the sentence '{str(values[0])[:60]}', expected lists of tokens "
                "and of tags; write them so"
            )
        tokens, tags = (tuple(map(str, value)) for value in values)
        if len(tokens) != len(tags):
            raise UserError(
                f"{source.name} has {len(tokens)} tokens and {len(tags)} tags in the sentence that "
                f"begins '{' '.join(tokens[:5])}', expected one tag a token; mend it"
            )
        return Tagged(tokens, tags)

    if source.hub:
        return from_hub(source, wanted, make)
    if is_json(source.path):
        return parts_of(source, lambda p: [make(v) for v in formats.records(p, wanted)], JSON)
    return parts_of(source, formats.conll, _CONLL)


def load_pairs(source: Source) -> Parts[Pair]:
    """Pairs that are no translations: YAML dialogues, tab-separated or JSON lines, or a data set.

    Fields are `source` and `target`; of a source in a list all counts, of targets the first.

    Raises:
        UserError: what cannot be read.
    """
    wanted = source.fields("source", "target")

    def make(values: tuple[Any, ...]) -> Pair:
        return Pair(formats.flat(values[0]), formats.first(values[1]))

    if source.hub:
        return from_hub(source, wanted, make)
    if source.path.suffix in _YAML:
        return Parts(formats.chatterbot(source.path))
    if has(source.path, _YAML):
        files = _files(source.path, _YAML)
        return Parts([pair for path in files for pair in formats.chatterbot(path)])
    if is_json(source.path):
        return parts_of(source, lambda p: [make(v) for v in formats.records(p, wanted)], JSON)
    return parts_of(source, formats.tab_separated, TABS)


def _class_folders(path: Path) -> Parts[Labelled]:
    """A folder a class, or a file a class; either may lie in folders `train`, `test`."""
    if path.is_dir() and (path / "train").is_dir():
        found = {
            part: next((_classes(path / n) for n in names if (path / n).is_dir()), None)
            for part, names in PART_NAMES.items()
        }
        return Parts(found["train"] or (), found["validation"], found["test"])
    return Parts(_classes(path))


def _classes(path: Path) -> list[Labelled]:
    if path.is_dir() and (folders := sorted(p for p in path.iterdir() if p.is_dir())):
        return [
            Labelled(formats.flat(whole(file)), folder.name)
            for folder in folders
            for file in _files(folder, ("",))
        ]
    there = path.iterdir() if path.is_dir() else files_of_classes(path)
    files = sorted(p for p in there if p.is_file() and not p.name.startswith("."))
    labels = [p.suffix[1:] if path.is_file() or _share_stem(files) else p.stem for p in files]
    if len(set(labels)) < 2:
        raise UserError(
            f"{path} holds {len(files)} files of classes, expected a folder or a file a class, at "
            "least two, such as reviews.pos and reviews.neg; name a folder that has them"
        )
    return [
        one
        for file, label in zip(files, labels, strict=True)
        for one in formats.one_class(file, label)
    ]


def _share_stem(files: Sequence[Path]) -> bool:
    return len({file.stem for file in files}) == 1


def is_json(path: Path) -> bool:
    """Whether it is JSON lines, or a folder of them."""
    return path.name.endswith(JSON) or has(path, JSON)


def has(folder: Path, suffixes: tuple[str, ...]) -> bool:
    """Whether a folder has a file that ends so."""
    return folder.is_dir() and any(p.name.endswith(suffixes) for p in folder.iterdir())


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    found = (p for p in folder.iterdir() if p.is_file() and p.name.endswith(suffixes))
    files = sorted(p for p in found if not p.name.startswith("."))
    if not files:
        raise UserError(
            f"the folder {folder} holds no file {' or '.join(f'*{s}' for s in suffixes)}; name "
            "another"
        )
    return files
