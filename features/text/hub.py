"""Data sets of Hugging Face `datasets`: any name of the hub, or one of its builders of local files.

`hf:wmt14?config=fr-en` is the hub's; `hf:json?data_files=talks.jsonl` reads a file without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from features.errors import UserError
from features.text.formats import is_empty, picked
from features.text.source import PART_NAMES, TEST, TRAIN, VALIDATION, Parts, Source

E = TypeVar("E")


def from_hub(
    source: Source, wanted: Sequence[str], make: Callable[[tuple[Any, ...]], E], blank: bool = False
) -> Parts[E]:
    """Read a data set, but for records with an empty field or a class that is kept secret.

    Args:
        source: its name, and as options `config`, `revision`, `data_files`, `data_dir`, or a file
            each for `train`, `validation` and `test`.
        wanted: fields of a record.
        make: an example of their values; of a class label its name, not its number.
        blank: a field may be empty.

    Raises:
        UserError: `datasets` is not installed, there is no such data set, or a field is missing.
    """
    loaded = _load(source)
    parts: dict[str, Sequence[E] | None] = {}
    for part, names in PART_NAMES.items():
        found = next((loaded[name] for name in names if name in loaded), None)
        read = [] if found is None else _examples(source, found, wanted, make, blank)
        parts[part] = read or None
    if not parts[TRAIN]:
        there = ", ".join(map(str, loaded)) or "none"
        raise UserError(
            f"the data set {source.name} has no part 'train' with examples, its parts are {there}; "
            "name another"
        )
    return Parts(parts[TRAIN] or (), parts[VALIDATION], parts[TEST])


def _load(source: Source) -> Mapping[str, Any]:
    try:
        import datasets
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "datasets":
            raise
        raise UserError(
            f"the source hf:{source.name} needs the package datasets, which is not installed; "
            "install it with `pip install 'forecastle[text]'`"
        ) from error
    chosen = source.options
    files: Any = {part: chosen[part] for part in PART_NAMES if part in chosen}
    try:
        loaded = datasets.load_dataset(
            source.name,
            chosen.get("config"),
            data_files=files or chosen.get("data_files"),
            data_dir=chosen.get("data_dir"),
            revision=chosen.get("revision"),
        )
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(
            f"the data set {source.name} cannot be loaded: {reason}; check its name, its config "
            "and the network"
        ) from error
    assert isinstance(loaded, Mapping)
    return loaded


def _examples(
    source: Source,
    found: Any,
    wanted: Sequence[str],
    make: Callable[[tuple[Any, ...]], E],
    blank: bool,
) -> list[E]:
    names = {name: _names(found.features.get(name)) for name in wanted}
    examples = []
    for k, record in enumerate(found):
        values = picked(record, wanted, f"the data set {source.name}, record {k}", blank=True)
        named = [_named(value, names[name]) for name, value in zip(wanted, values, strict=True)]
        if blank or not any(is_empty(value) for value in named):
            example: Any = make(tuple(named))
            if blank or all(example):  # neither side of a pair is empty
                examples.append(example)
    return examples


def _names(feature: Any) -> list[str] | None:
    """The classes of a label, or of the labels of a list."""
    inner = getattr(feature, "feature", feature)
    return getattr(inner, "names", None)


def _named(value: Any, names: list[str] | None) -> Any:
    if names is None:
        return value
    if isinstance(value, list):
        return [names[one] for one in value]
    return None if value is None or value < 0 else names[value]  # -1 is one that is kept secret
