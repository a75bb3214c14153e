"""What the flow `text` can be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import UserError
from flows.text.invocation import parameters_of
from flows.text.parameters import KINDS, TextParameters


def test_every_field_of_the_form_says_what_it_is() -> None:
    schema = TextParameters.model_json_schema()
    for name, field in schema["properties"].items():
        assert field["title"], name
        assert field["description"].endswith("."), name
    assert schema["properties"]["seed"]["minimum"] == 0
    assert schema["properties"]["examples"]["items"]["pattern"]
    assert [one for one in KINDS if schema["properties"][one].get("type") != "string"] == []


def test_options_lie_over_a_file(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("chapters: [5]\nseed: 3\nsize: small\n", encoding="utf-8")
    found = parameters_of(file, {"seed": 4}, ["experiment=mine"])
    assert (found.chapters, found.seed, found.size, found.experiment) == ((5,), 4, "small", "mine")


def test_words_of_a_command_line_are_numbers() -> None:
    assert parameters_of(None, {"chapters": ["5", "1"]}, ["examples=[5.1]"]).chapters == (5, 1)


def test_named_examples_are_gone_through_by_chapter() -> None:
    turns = parameters_of(None, {"examples": ["5.4", "5.2"]}, []).in_turn()
    assert {n: [one.number for one in turn] for n, turn in turns.items()} == {5: ["5.2", "5.4"]}


def test_each_source_reaches_its_corpus(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("a\tb\n", encoding="utf-8")
    for kind in KINDS:
        params = TextParameters(**{kind: str(path), "seed": 7})  # type: ignore[arg-type]
        assert getattr(params.corpora, kind) == str(path)
        assert params.corpora.seed == 7


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"chapters": [6]}, "chapters.0: input should be less than or equal to 5, got 6"),
        ({"chapters": [1, 1]}, "chapters names 1 twice; name each once"),
        ({"examples": ["1.9"]}, r"there is no example '1.9', expected 1.1, .*, 1.7; name one"),
        ({"examples": ["a"]}, r"there is no example 'a', expected 1.1 to 5.7; name one"),
        (
            {"chapters": [1], "examples": ["2.3"]},
            "example 2.3 is in chapter 2, expected one of the chapters 1; add its chapter",
        ),
        ({"dialogue": "x" * 5000}, "there is no xxx"),
        ({"dialogue": "~nobodyatall/a"}, "there is no ~nobodyatall/a, named as the source of"),
        ({"size": "large"}, "size: input should be 'usual' or 'small', got 'large'"),
        ({"dialogue": "none.yml"}, "there is no none.yml, named as the source of dialogue; name"),
        ({"translation": "a.en,a.fr"}, "there is no a.en, named as the source of translation"),
        ({"tags": "?x"}, "the source is '\\?x', expected PATH or hf:NAME"),
        ({"chapter": 1}, "chapter: extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(
    options: dict[str, object], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=sentence) as caught:
        parameters_of(None, options, [])
    assert "\n" not in str(caught.value)


def test_a_source_is_read_before_anything_is_trained(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("a\tb\nc\n", encoding="utf-8")
    for kind in ("sentiment", "translation", "summaries", "dialogue"):
        with pytest.raises(UserError, match="one column in line 2"):
            parameters_of(None, {kind: str(path), "chapters": [1]}, [])


def test_a_file_a_class_is_named_by_what_the_names_share(tmp_path: Path) -> None:
    (tmp_path / "r.pos").write_text("a\n", encoding="utf-8")
    (tmp_path / "r.neg").write_text("b\n", encoding="utf-8")
    assert TextParameters(sentiment=str(tmp_path / "r")).corpora.sentiment
