"""Every planted leak is found by step and column, and clean pipelines stay silent."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.audit import CLEAN, found, looked, main
from benchmarks.leaks import PLANTS, Garden, Plant, store
from flows.audit.inspection import STEPS


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Garden:
    def swap(owner: Any, name: str, value: Any) -> None:
        mapping = isinstance(owner, MutableMapping)
        (monkeypatch.setitem if mapping else monkeypatch.setattr)(owner, name, value)

    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path))
    return Garden(tmp_path, swap)


@pytest.mark.parametrize("leak", PLANTS, ids=lambda plant: plant.name)
def test_a_planted_leak_is_found(leak: Plant, at: Garden) -> None:
    findings = looked(leak.plant(at))
    assert found(findings, leak.step, leak.column), [one.sentence for one in findings.leaks]
    assert {one.step for one in findings.leaks} == {leak.step}
    assert not findings.clean
    assert all("\n" not in one.sentence and one.sentence.endswith(".") for one in findings.leaks)


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_pipeline_is_silent(name: str, at: Garden) -> None:
    findings = looked(CLEAN[name](at))
    assert [one.sentence for one in findings.leaks] == []
    assert ("harmless" in " ".join(findings.notes)) == ("split" in name)


def test_a_leak_is_planted_in_every_step() -> None:
    assert {plant.step for plant in PLANTS} == set(STEPS)


def test_a_store_begun_after_the_last_origin_cannot_tell(
    at: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    late = pd.Timestamp("2024-03-01", tz="UTC")
    monkeypatch.setattr("benchmarks.leaks.FETCHED", (late, late + pd.Timedelta(days=5)))
    findings = looked(store(lambda table: table.assign(close=table["close"] * 1.01))(at))
    assert findings.clean
    assert any("cannot be told" in note for note in findings.notes)


def test_the_table_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["audit"])
    monkeypatch.setattr("benchmarks.audit.PLANTS", PLANTS[:1])
    monkeypatch.setattr("benchmarks.audit.CLEAN", {})
    monkeypatch.setattr("benchmarks.audit.SEEDS", 1)
    monkeypatch.delenv("FORECASTLE_DATA", raising=False)
    main()
    out = capsys.readouterr().out
    assert "1 of 1 planted leaks found" in out
    assert max(map(len, out.splitlines())) <= 80
