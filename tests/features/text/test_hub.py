"""Data sets of Hugging Face `datasets`, through its builders of local files: no network."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

from features.errors import UserError
from features.text.corpora import Corpora
from features.text.corpus import Labelled, Pair, Tagged


@pytest.fixture(autouse=True)
def _cached_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    assert datasets.config.HF_HUB_OFFLINE
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()


def lines(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def test_json_with_named_fields_and_parts(tmp_path: Path) -> None:
    for part in ("train", "validation", "test"):
        lines(tmp_path / f"{part}.json", {"said": f"{part}?", "reply": "yes"})
    files = "&".join(f"{part}={tmp_path / part}.json" for part in ("train", "validation", "test"))
    corpus = Corpora(dialogue=f"hf:json?{files}&source=said&target=reply").dialogues()
    assert list(corpus.train) == [Pair("train?", "yes")]
    assert list(corpus.test) == [Pair("test?", "yes")]
    assert corpus.name == "json"


def test_translations(tmp_path: Path) -> None:
    records = [{"translation": {"en": f"one {k}", "fr": f"un {k}"}} for k in range(10)]
    path = lines(tmp_path / "a.json", *records)
    lines(tmp_path / "b.json", *records, {"translation": {"en": "left out", "fr": ""}})
    empty = Corpora(translation=f"hf:json?data_files={tmp_path}/b.json").pairs("fr")
    corpus = Corpora(translation=f"hf:json?data_files={path}").pairs("fr")
    assert empty == corpus
    assert Pair("one 3", "un 3") in {*corpus.train, *corpus.validation, *corpus.test}
    assert len(corpus.train) == 8


def test_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("review,stars\nnice,5\ndull,1\nfine,4\npoor,2\n", encoding="utf-8")
    corpus = Corpora(sentiment=f"hf:csv?data_files={path}&text=review&label=stars").labelled()
    assert {*corpus.train, *corpus.validation, *corpus.test} == {
        *(Labelled("nice", "5"), Labelled("dull", "1")),
        *(Labelled("fine", "4"), Labelled("poor", "2")),
    }


def test_a_class_is_called_by_its_name(tmp_path: Path) -> None:
    import datasets as hf

    tags = hf.Features(
        {
            "tokens": hf.Sequence(hf.Value("string")),
            "ner_tags": hf.Sequence(hf.ClassLabel(names=["O", "B-PER"])),
        }
    )
    rows = {
        "tokens": [["Ann", "sleeps"], ["Bob", "eats"], ["Eve"]],
        "ner_tags": [[1, 0], [1, 0], [1]],
    }
    hf.Dataset.from_dict(rows, tags).to_parquet(tmp_path / "a.parquet")
    corpus = Corpora(tags=f"hf:parquet?data_files={tmp_path}/a.parquet&tags=ner_tags").tagged()
    assert Tagged(("Ann", "sleeps"), ("B-PER", "O")) in {
        *corpus.train,
        *corpus.validation,
        *corpus.test,
    }


def test_a_part_whose_classes_are_secret_is_left_out(tmp_path: Path) -> None:
    import datasets as hf

    kinds = hf.Features({"text": hf.Value("string"), "label": hf.ClassLabel(names=["no", "yes"])})
    train = {"text": [f"t{k}" for k in range(10)], "label": [k % 2 for k in range(10)]}
    for part, rows in {"train": train, "test": {"text": ["a", "b"], "label": [-1, -1]}}.items():
        hf.Dataset.from_dict(rows, kinds).to_parquet(tmp_path / f"{part}.parquet")
    files = "&".join(f"{part}={tmp_path / part}.parquet" for part in ("train", "test"))
    corpus = Corpora(sentiment=f"hf:parquet?{files}").labelled()
    assert (len(corpus.train), len(corpus.test)) == (8, 1)
    assert {one.text[0] for one in corpus.test} == {"t"}


def test_lines_of_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello there\n\n" * 20, encoding="utf-8")
    corpus = Corpora(characters=f"hf:text?data_files={path}").text()
    assert corpus.train.startswith("hello there\n\nhello")  # type: ignore[attr-defined]


def test_a_missing_field(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.json", {"said": "a"})
    with pytest.raises(UserError, match="record 0 has no field 'source', its fields are said"):
        Corpora(dialogue=f"hf:json?data_files={path}").dialogues()


def test_a_data_set_that_is_not_there() -> None:
    with pytest.raises(UserError, match=r"the data set no/such cannot be loaded: .*; check its"):
        Corpora(dialogue="hf:no/such").dialogues()


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "datasets":
            raise ModuleNotFoundError("No module named 'datasets'", name="datasets")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UserError, match=r"needs the package datasets.*pip install 'forecastle\[te"):
        Corpora(dialogue="hf:any").dialogues()
