"""The benchmark of the classical rivals holds the library against the same models."""

from __future__ import annotations

import pytest

from benchmarks.classical import RIVALS, measured
from benchmarks.data import cut, waves
from models.classical import Classical


@pytest.mark.parametrize("kind", RIVALS, ids=lambda kind: kind.name)
def test_both_sides_are_the_same_model(kind: type[Classical]) -> None:
    row = measured(kind, *cut(waves(1, 400), "waves"))
    assert row.at_end < 1e-6
    assert row.mae == pytest.approx(row.mae_library)
    assert row.mae > 0
    assert min(row.fit, row.walk, row.forward) > 0
