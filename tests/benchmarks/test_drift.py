"""The benchmark of the watch over errors measures what it says."""

import math

import numpy as np
import pytest

from benchmarks.drift import CUTOFFS, SHIFT, WAYS, first_alarm, measure, stream, table


@pytest.mark.parametrize("changing", [False, True])
def test_streams_are_the_same_every_time_and_have_no_trend(changing: bool) -> None:
    one = stream(5, changing, 3)
    assert one.shape == (CUTOFFS,)
    np.testing.assert_array_equal(one, stream(5, changing, 3))
    halves = [np.mean([stream(5, changing, k)[half].mean() for k in range(40)]) for half in HALVES]
    assert halves[0] == pytest.approx(halves[1], rel=0.15)


HALVES = (slice(0, SHIFT), slice(SHIFT, None))


def test_an_alarm_is_dated_by_the_cutoff_that_raised_it() -> None:
    errors = stream(5, False, 0) * np.where(np.arange(CUTOFFS) >= SHIFT, 9.0, 1.0)
    for way in WAYS:
        at = first_alarm(way, errors, 5)
        # Two of them alarm without a cause, or too seldom.
        assert at >= SHIFT or way == "every cutoff" or math.isinf(at)
    assert SHIFT <= first_alarm("blocks", errors, 5) < SHIFT + 60


def test_errors_that_share_targets_raise_few_alarms_in_blocks_only() -> None:
    assert measure("blocks", 5, False, 10)["false alarms"] <= 0.1
    assert measure("every cutoff", 5, False, 10)["false alarms"] >= 0.5


def test_the_table_has_every_way(capsys: pytest.CaptureFixture[str]) -> None:
    found = table(1)
    told = capsys.readouterr().out
    assert len(found) == len(WAYS) * 6
    assert all(way in told for way in WAYS)
