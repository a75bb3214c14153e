"""Each mistake in a source of text is said in one sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from features.errors import UserError
from features.text.corpora import Corpora

DAMAGED = gzip.compress(b"".join(b"%d\t%d\n" % (k, k * 7919) for k in range(500)))
MISTAKES: dict[str, tuple[dict[str, bytes], str, str, str]] = {
    "wrong encoding": (
        {"a.tsv": "one\teins\nfive\tfünf\n".encode("latin-1")},
        "dialogue",
        "a.tsv",
        r"a\.tsv has the byte 0xFC in line 2, which is no UTF-8; convert the file",
    ),
    "empty line": (
        {"a.tsv": b"a\tb\n\nc\td\n"},
        "dialogue",
        "a.tsv",
        r"a\.tsv has nothing in line 2 of 3, expected an example in each; remove the line",
    ),
    "empty file": ({"a.tsv": b" \n"}, "dialogue", "a.tsv", r"a\.tsv is empty, expected text"),
    "misaligned": (
        {"train.en": b"a\nb\n", "train.ja": b"a\n"},
        "translation",
        "",
        r"train\.en has 2 lines and .*train\.ja has 1, expected as many in both; align them",
    ),
    "unknown language": (
        {"train.en": b"a\n", "train.de": b"a\n"},
        "translation",
        "",
        r"\(train\) has no language ja or fr, its languages are de, en; name one of them behind",
    ),
    "unknown language of a record": (
        {"a.jsonl": b'{"translation": {"en": "a", "de": "b"}}'},
        "translation",
        "a.jsonl",
        r"\(in the record \{'en': 'a', 'de': 'b'\}\) has no language ja or fr, its langu",
    ),
    "empty translation": (
        {"a.jsonl": b'{"translation": {"en": "a", "fr": null}}'},
        "translation",
        "a.jsonl",
        r"has no language ja or fr, its languages are en; name one of them behind",
    ),
    "blank translation": (
        {"a.jsonl": b'{"translation": {"en": "a", "fr": " "}}'},
        "translation",
        "a.jsonl",
        r"has no text in one of its languages; take the record out",
    ),
    "three files": (
        {"a.en": b"a\n"},
        "translation",
        "a.en,b.fr,c.fr",
        r"names 3 files, expected two with a comma between; name both languages",
    ),
    "empty field": (
        {"a.jsonl": b'{"text": " ", "label": "x"}\n'},
        "sentiment",
        "a.jsonl",
        r"line 1 has nothing in its field 'text', expected something in every record; take",
    ),
    "unknown option": (
        {"a.tsv": b"a\tb\n"},
        "dialogue",
        "a.tsv?sorce=said",
        r"has no option 'sorce', expected source, target; name one of these, or leave it out",
    ),
    "a folder for a file": (
        {"a.en": b"a\n"},
        "translation",
        "a.en,.",
        r"cannot be read: Is a directory; name another file",
    ),
    "no user": ({}, "dialogue", "~nobodyatall/a.tsv", r"no file .*~nobodyatall/a\.tsv"),
    "tokens in one text": (
        {"a.jsonl": b'{"tokens": "EU is", "tags": "B O"}'},
        "tags",
        "a.jsonl",
        r"has the sentence 'EU is', expected lists of tokens and of tags; write them so",
    ),
    "a number that is none": (
        {"a.jsonl": b'{"text": "a", "label": ' + b"9" * 5000 + b"}"},
        "sentiment",
        "a.jsonl",
        r"has no JSON in line 1 \(Exceeds the limit",
    ),
    "a date that is none": (
        {"a.yml": b"conversations:\n- - 2001-99-99\n  - hi\n"},
        "dialogue",
        "a.yml",
        r"a\.yml is no YAML: month must be in 1\.\.12; mend it",
    ),
    "an archive that is damaged": (
        {"a.tsv.gz": DAMAGED[:40] + b"\xff" * 40 + DAMAGED[80:]},
        "dialogue",
        "a.tsv.gz",
        r"a\.tsv\.gz cannot be read: Error -3 while decompressing data",
    ),
    "one class in lines": (
        {"a.tsv": b"a\tx\nb\tx\nc\tx\n"},
        "sentiment",
        "a.tsv",
        r"a\.tsv has the one class x to learn from, expected at least two; add examples of",
    ),
    "over-long line": (
        {"a.tsv": b"a\tb\n" + b"x" * 30_000 + b"\ty\n"},
        "dialogue",
        "a.tsv",
        r"a\.tsv has 30,002 characters in line 2, expected at most 20,000; break the line",
    ),
    "missing field": (
        {"a.jsonl": b'{"body": "a", "label": "x"}\n'},
        "sentiment",
        "a.jsonl",
        r"line 1 has no field 'text', its fields are body, label; name the one that is meant",
    ),
    "missing file": ({}, "dialogue", "b.tsv", r"there is no file .*b\.tsv; name one that is there"),
    "missing column": (
        {"a.tsv": b"a\tb\nc\n"},
        "dialogue",
        "a.tsv",
        r"a\.tsv has one column in line 2, expected two with a tab between",
    ),
    "no JSON": (
        {"a.jsonl": b'{"text": "a", "label": "b"}\n{"text": '},
        "sentiment",
        "a.jsonl",
        r"a\.jsonl has no JSON in line 2 \(Expecting value\), expected an object in each line",
    ),
    "no object": ({"a.jsonl": b"[1]"}, "sentiment", "a.jsonl", r"line 1 is list, expected an obj"),
    "no YAML": ({"a.yml": b"a: [1"}, "dialogue", "a.yml", r"a\.yml is no YAML: while parsing"),
    "no dialogues": ({"a.yml": b"a: 1"}, "dialogue", "a.yml", r"no list 'conversations' of lists"),
    "no tag": (
        {"a.conll": b"EU B-ORG\nrejects\n"},
        "tags",
        "a.conll",
        r"a\.conll has one column in line 2, expected a token and its tag; add the tag",
    ),
    "one class": (
        {"a.pos": b"nice\n"},
        "sentiment",
        "",
        r"holds 1 files of classes, expected a folder or a file a class, at least two",
    ),
    "no training file": (
        {"test.tsv": b"a\tb\n"},
        "dialogue",
        "",
        r"holds no training file, expected train\.tsv, .*; name a file, or give it that name",
    ),
    "binary": ({"a.txt": b"a\x00b"}, "characters", "a.txt", r"a\.txt has a zero byte in line 1"),
    "no archive": ({"a.jsonl.gz": b"{}"}, "sentiment", "a.jsonl.gz", r"a\.jsonl\.gz cannot be re"),
    "no option": ({}, "dialogue", "a.tsv?source", r"expected PATH or hf:NAME, and behind a quest"),
    "too few": ({"a.tsv": b"a\tb\n"}, "dialogue", "a.tsv", r"has 1 different examples, expected"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_said_in_one_sentence(tmp_path: Path, mistake: str) -> None:
    files, kind, name, sentence = MISTAKES[mistake]
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    where = ",".join(str(tmp_path / one) for one in name.split(","))
    corpora = Corpora(**{kind: where})  # type: ignore[arg-type]
    with pytest.raises(UserError, match=sentence) as caught:
        corpora.pairs("ja") if kind == "translation" else corpora.require()
    assert "\n" not in str(caught.value)


def test_an_unknown_language_of_the_embedded_translations() -> None:
    with pytest.raises(UserError, match="no embedded translations into 'tlh', expected fr or ja"):
        Corpora().pairs("tlh")
