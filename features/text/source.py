"""Where a user's corpus comes from, in one text.

`PATH` names a file or folder, `hf:NAME` a data set of Hugging Face `datasets`; behind a question
mark stand names of fields and what else a format asks for: `talks.jsonl?source=said&target=reply`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

from features.errors import UserError
from features.text.corpus import Corpus, cut

E = TypeVar("E")
HUB = "hf:"
TRAIN, VALIDATION, TEST = "train", "validation", "test"
PART_NAMES = {
    TRAIN: ("train", "training"),
    VALIDATION: ("validation", "valid", "val", "dev"),
    TEST: ("test",),
}
"""How files and data sets name the parts that they come in."""
HUB_OPTIONS = ("config", "revision", "data_files", "data_dir", *PART_NAMES)
"""Options of a data set that are no names of fields."""


@dataclass(frozen=True)
class Source:
    """A source, taken apart."""

    name: str
    """A path, or a name of the hub."""
    options: Mapping[str, str] = field(default_factory=dict)
    hub: bool = False

    @property
    def path(self) -> Path:
        """Where it is."""
        return _at(self.name)

    @property
    def paths(self) -> list[Path]:
        """The same; the files of two languages have a comma between."""
        if "," not in self.name or is_there(self.path):
            return [self.path]
        return [_at(name.strip()) for name in self.name.split(",") if name.strip()]

    @property
    def title(self) -> str:
        """What the corpus is called."""
        return self.name if self.hub else self.path.name or self.name

    def fields(self, *defaults: str) -> tuple[str, ...]:
        """The names of fields: those that the user gives, or else the default ones.

        Raises:
            UserError: an option that is no field's.
        """
        known = (*defaults, *(HUB_OPTIONS if self.hub else ()))
        for option in self.options:
            if option not in known:
                raise UserError(
                    f"the source {self.name} has no option '{option}', expected "
                    f"{', '.join(known)}; name one of these, or leave it out"
                )
        return tuple(self.options.get(name, name) for name in defaults)


@dataclass(frozen=True)
class Parts(Generic[E]):
    """Examples as a source holds them: some have parts of their own."""

    train: Sequence[E]
    validation: Sequence[E] | None = None
    test: Sequence[E] | None = None

    def corpus(self, name: str, seed: int) -> Corpus[E]:
        """The source's own parts; those that it lacks are drawn from its training part."""
        if self.validation is not None and self.test is not None:
            return Corpus(name, self.train, self.validation, self.test)
        drawn = cut(
            self.train,
            name,
            seed,
            validation=0.1 if self.validation is None else 0.0,
            test=0.1 if self.test is None else 0.0,
        )
        held = drawn.validation if self.validation is None else self.validation
        return Corpus(name, drawn.train, held, drawn.test if self.test is None else self.test)


def source_of(text: str) -> Source:
    """Take a source apart.

    Raises:
        UserError: nothing before the question mark, or an option without a value.
    """
    name, mark, query = text.partition("?")
    hub = name.startswith(HUB)
    name = name.removeprefix(HUB)
    pairs = parse_qsl(query, keep_blank_values=True)
    if not name or (mark and (not pairs or not all(key and value for key, value in pairs))):
        raise UserError(
            f"the source is '{text}', expected PATH or hf:NAME, and behind a question mark "
            "OPTION=VALUE with & between; write it so"
        )
    return Source(name, dict(pairs), hub)


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder, or a file a class of this name."""
    try:
        return path.exists() or bool(files_of_classes(path))
    except (OSError, ValueError):  # no place that one may look at, or no name of one
        return False


def files_of_classes(path: Path) -> list[Path]:
    """`reviews.neg` and `reviews.pos` of `reviews`."""
    return sorted(path.parent.glob(f"{escape(path.name)}.*"))


def _at(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # ~ and a name that no user has
        return Path(name)


def parts_of(
    source: Source, read: Callable[[Path], Sequence[E]], suffixes: Iterable[str]
) -> Parts[E]:
    """Read a file, or the `train`, `dev` and `test` files of a folder.

    Args:
        source: a path.
        read: the examples of one file.
        suffixes: that such files may have, as `.jsonl.gz`.

    Raises:
        UserError: no such file or folder, or no training file in the folder.
    """
    if not source.path.is_dir():
        return Parts(read(source.path))
    found = {part: _file_of(source.path, part, suffixes) for part in PART_NAMES}
    if found[TRAIN] is None:
        wanted = ", ".join(f"train{suffix}" for suffix in suffixes)
        raise UserError(
            f"the folder {source.path} holds no training file, expected {wanted}; name a file, or "
            "give it that name"
        )
    read_parts = {part: None if path is None else read(path) for part, path in found.items()}
    return Parts(read_parts[TRAIN] or (), read_parts[VALIDATION], read_parts[TEST])


def _file_of(folder: Path, part: str, suffixes: Iterable[str]) -> Path | None:
    there = (folder / f"{name}{suffix}" for suffix in suffixes for name in PART_NAMES[part])
    return next((path for path in there if path.is_file()), None)
