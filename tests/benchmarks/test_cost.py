"""The cost benchmark measures what it says. Nothing here depends on how quick a machine is."""

import pytest

from benchmarks.cost import Size, apart, exponent, grown, measure, run


def test_exponent_is_the_power_of_a_power_law() -> None:
    rows = [{"steps": n, "epoch": 3.0 * n**1.5, "above": 7.0} for n in (10.0, 40.0, 160.0)]
    assert exponent(rows, "steps", "epoch") == pytest.approx(1.5)
    assert exponent(rows, "steps", "above") == pytest.approx(0.0)


def test_an_epoch_may_be_cut_short() -> None:
    whole = run(Size(2, 400, epochs=1))
    assert whole["batches"] > 2
    assert run(Size(2, 400, epochs=1, batches=2))["batches"] == 2


def test_a_size_runs_in_a_process_of_its_own() -> None:
    row = apart(Size(3, 400, epochs=1, batches=1, stride=50))
    assert (row["series"], row["steps"], row["batches"]) == (3, 400, 1)
    assert row["base"] > 0
    assert row["above"] >= 0


def test_a_table_has_every_size_and_an_exponent_a_cost(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = [Size(s, 300, epochs=1, batches=1) for s in (1, 4)]
    rows, exponents = grown(sizes, "series", measure)
    assert [row["series"] for row in rows] == [1, 4]
    assert set(exponents) == {"epoch", "backtest", "above"}
    assert "exponent in series" in capsys.readouterr().out
