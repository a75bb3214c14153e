"""Translations, each from one source text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from features.errors import UserError
from features.text import formats
from features.text.corpus import Pair
from features.text.hub import from_hub
from features.text.loaders import JSON, TABS, has, is_json
from features.text.source import HUB_OPTIONS, PART_NAMES, Parts, Source, files_of_classes, parts_of

ENGLISH = "en"


def load_translations(source: Source, *languages: str) -> Parts[Pair]:
    """Sentences in English and another language.

    Two files `FILE.en,FILE.ja`; a folder of `train.en`, `train.ja`, `dev.en` and so on;
    tab-separated columns in a file, or `train.tsv`, `dev.tsv` and so on; JSON lines or a data set
    with `translation`, which has both. Options name other fields: `source` and `target`, or the
    languages, as `?en=english&ja=japanese`.

    Args:
        source: two columns or files have one other language, whatever it is.
        languages: the first of them that the source has; its option `language` is another.

    Raises:
        UserError: what cannot be read, files of unequal length, or a language that is not there.
    """
    asked = (source.options["language"],) if "language" in source.options else languages
    if not source.hub and len(source.paths) > 1:
        return Parts(_two_files(source))
    if not source.hub and not is_json(source.path):
        folder = source.path
        if folder.is_dir() and (_stem(folder, "train") or not has(folder, TABS)):
            return _moses(folder, asked)
        return parts_of(source, formats.tab_separated, TABS)
    wanted = _fields_of_translations(source)

    def make(values: tuple[Any, ...]) -> Pair:
        if len(values) == 1:
            values = _of_languages(source, values[0], asked)
        return Pair(formats.flat(values[0]), formats.first(values[1]))

    if source.hub:
        return from_hub(source, wanted, make)
    return parts_of(source, lambda p: [make(v) for v in formats.records(p, wanted)], JSON)


def _fields_of_translations(source: Source) -> tuple[str, ...]:
    """One that has both languages, or one a language."""
    if "source" in source.options or "target" in source.options:
        return source.fields("source", "target")
    own = ("translation", "language", *HUB_OPTIONS)
    others = [name for name in source.options if name not in (*own, ENGLISH)]
    if len(others) == 1:
        return source.fields(ENGLISH, *others)
    return source.fields("translation", "language")[:1]


def _of_languages(source: Source, both: Any, asked: Sequence[str]) -> tuple[Any, ...]:
    found = both if isinstance(both, dict) else {}
    there = [name for name, text in found.items() if text is not None]
    where = f"{source.name} (in the record {str(both)[:60]})"
    _first_there((ENGLISH,), there, where)
    values = found[ENGLISH], found[_first_there(asked, there, where)]
    if not source.hub and any(map(formats.is_empty, values)):
        raise UserError(f"{where} has no text in one of its languages; take the record out")
    return values


def _first_there(asked: Sequence[str], there: Sequence[str], where: str) -> str:
    for language in asked:
        if language in there:
            return language
    raise UserError(
        f"{where} has no language {' or '.join(dict.fromkeys(asked))}, its languages are "
        f"{', '.join(there) or 'none'}; name one of them behind the source, as ?language=de"
    )


def _two_files(source: Source) -> list[Pair]:
    if len(source.paths) != 2:
        raise UserError(
            f"the source '{source.name}' names {len(source.paths)} files, expected two with a "
            "comma between; name both languages"
        )
    return formats.parallel(*source.paths)


def _moses(folder: Path, asked: Sequence[str]) -> Parts[Pair]:
    stems = {part: _stem(folder, part) for part in PART_NAMES}
    if stems["train"] is None:
        raise UserError(
            f"the folder {folder} holds no train.{ENGLISH}, expected a file a language; its files "
            f"are {_listed(folder)}; name them so"
        )
    found: dict[str, list[Pair] | None] = {}
    for part, stem in stems.items():
        if stem is None:
            found[part] = None
            continue
        there = [path.suffix[1:] for path in files_of_classes(folder / stem)]
        asked = (_first_there(asked, there, f"the folder {folder} ({stem})"),)
        files = (folder / f"{stem}.{language}" for language in (ENGLISH, *asked))
        found[part] = formats.parallel(*files)
    return Parts(found["train"] or (), found["validation"], found["test"])


def _stem(folder: Path, part: str) -> str | None:
    names = PART_NAMES[part]
    return next((name for name in names if (folder / f"{name}.{ENGLISH}").is_file()), None)


def _listed(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "") if names else "none"
