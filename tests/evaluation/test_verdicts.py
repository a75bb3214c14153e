from __future__ import annotations

import numpy as np
import pytest

from evaluation.backtest import Backtest
from evaluation import verdicts as words
from evaluation.significance import significance
from tests.evaluation.toys import backtest_of


def headline(test: Backtest) -> str:
    return words.headline(test, significance(test))


def choice(validation: Backtest, test: Backtest) -> str:
    return words.choice(validation, test, significance(test))


def verdicts(test: Backtest) -> list[str]:
    return words.verdicts(test, significance(test))


def judged(origins: int = 290, series: int = 2, **mae: float) -> Backtest:
    """A backtest in which each model misses every point by so much."""
    y = np.zeros((series, origins, 3))
    return backtest_of(y, **{name: y + by for name, by in mae.items()})


def test_a_win_is_told_with_its_size() -> None:
    told = verdicts(judged(naive=2.10, gru_direct=1.92))
    assert told[0] == (
        "gru-direct beats naive: MAE 1.92 against 2.10 (8.6 % lower), better on 2 of 2 series, "
        "over 290 origins \u00d7 2 series."
    )


def test_a_loss_is_told_as_plainly() -> None:
    told = verdicts(judged(1000, 1, naive=2.0, seasonal_naive=1.8, gru_direct=2.5))
    assert told == [
        "seasonal-naive beats naive: MAE 1.80 against 2.00 (10.0 % lower), over 1,000 origins.",
        "naive loses to seasonal-naive: MAE 2.00 against 1.80 (11.1 % higher), over 1,000 origins.",
        "gru-direct loses to naive: MAE 2.50 against 2.00 (25.0 % higher); loses to"
        " seasonal-naive: MAE 2.50 against 1.80 (38.9 % higher), over 1,000 origins.",
    ]


def test_a_hairs_breadth_is_called_one() -> None:
    told = verdicts(judged(series=1, naive=2.0, gru_direct=1.9999))
    assert told[0].startswith(
        "gru-direct beats naive: MAE 1.9999 against 2.0000 (less than 0.1 % lower)"
    )


def test_equal_is_equal() -> None:
    told = verdicts(judged(series=1, naive=2.0, seasonal_naive=2.0))
    assert told[1] == "seasonal-naive equals naive: MAE 2.00 against 2.00, over 290 origins."


def test_a_diverged_model_loses() -> None:
    told = verdicts(judged(series=1, naive=2.0, gru_direct=np.inf))
    assert told[1] == "gru-direct loses to naive: MAE inf against 2, over 290 origins."


def test_alone_there_is_nothing_to_beat() -> None:
    assert verdicts(judged(series=1, naive=2.0)) == [
        "naive is the reference, with MAE 2.00, over 290 origins."
    ]
    assert verdicts(judged(series=1, gru_direct=2.0)) == [
        "gru-direct has no reference, and MAE 2.00, over 290 origins."
    ]


def test_a_win_on_one_series_only_is_told() -> None:
    y = np.zeros((2, 5, 1))
    uneven = np.array([0.0, 3.0]).reshape(2, 1, 1)
    told = verdicts(backtest_of(y, naive=y + 2, gru_direct=y + uneven))
    assert "better on 1 of 2 series" in told[0]


@pytest.mark.parametrize(
    ("mae", "want"),
    [
        (
            {"naive": 1.0, "gru_direct": 1.1, "lstm_direct": 1.0},
            "No network beats the naive forecast on these 1,000 origins.",
        ),
        (
            {"naive": 1.0, "gru_direct": 0.9},
            "The network gru-direct beats the naive forecast on these 1,000 origins.",
        ),
        (
            {"naive": 1.0, "drift": 0.8, "gru_direct": 0.9},
            "The network gru-direct beats the naive forecast on these 1,000 origins,"
            " but not drift.",
        ),
        (
            {"naive": 1.0, "seasonal_naive": 2.0, "drift": 0.95, "gru_direct": 0.9, "b": 0.9},
            "Both networks beat the naive forecast on these 1,000 origins,"
            " and seasonal-naive and drift as well.",
        ),
        (
            {"naive": 1.0, "drift": 0.8, "a": 0.9, "b": 0.7, "c": 1.5},
            "2 of 3 networks beat the naive forecast on these 1,000 origins;"
            " 1 of them also beats drift.",
        ),
        (
            {"naive": 1.0, "drift": 0.9},
            "Of the baselines, drift has the lowest MAE on these 1,000 origins;"
            " no network was run.",
        ),
        (
            {"gru_direct": 0.9},
            "No naive forecast was run on these 1,000 origins,"
            " so nothing is said about beating it.",
        ),
    ],
)
def test_the_headline(mae: dict[str, float], want: str) -> None:
    assert headline(judged(1000, 1, **mae)) == want


def test_where_rmse_says_otherwise_the_reader_is_told() -> None:
    """Few large errors: the lower MAE has the higher RMSE."""
    y = np.zeros((1, 10, 1))
    rare = np.zeros((1, 10, 1))
    rare[0, 0] = 9.0
    test = backtest_of(y, naive=y + 1, gru_direct=rare, lstm_direct=y + 0.5)
    assert headline(test) == (
        "Both networks beat the naive forecast on these 10 origins. By RMSE, only 1 of them does."
    )
    assert verdicts(test)[1] == (
        "gru-direct beats naive: MAE 0.90 against 1.00 (10.0 % lower), though its RMSE is higher,"
        " over 10 origins."
    )
    alone = backtest_of(y, naive=y + 1, gru_direct=rare)
    assert headline(alone).endswith("on these 10 origins. By RMSE, it does not.")


def test_where_nothing_was_observed_nothing_is_claimed() -> None:
    y = np.full((1, 4, 2), np.nan)
    ahead = backtest_of(y, naive=np.zeros_like(y), gru_direct=np.zeros_like(y))
    assert headline(ahead).startswith("Nothing can be judged on these 4 origins")
    assert verdicts(ahead) == [headline(ahead)]
    known = judged(4, 1, naive=1.0, gru_direct=2.0)
    assert choice(known, ahead).endswith("The test range holds no point to judge it on.")


def test_the_choice_tells_validation_and_test_apart() -> None:
    validation = judged(50, 1, naive=2.0, gru_direct=1.5, lstm_direct=1.6)
    test = judged(90, 1, naive=1.8, gru_direct=1.9, lstm_direct=1.7)
    assert choice(validation, test) == (
        "Use gru-direct: it has the lowest MAE of 3 models on the validation range (1.50). On the"
        " test range, which took no part in this choice, its MAE is 1.90, rank 3 of 3 (lowest:"
        " lstm-direct, 1.70)."
    )
    assert choice(validation, validation).endswith("its MAE is 1.50, the lowest there too.")


def test_no_sentence_claims_significance() -> None:
    test = judged(naive=2.0, seasonal_naive=1.9, gru_direct=1.0, lstm_direct=3.0)
    for sentence in [headline(test), choice(test, test), *verdicts(test)]:
        assert "signific" not in sentence
        assert sentence.endswith(".")
        assert "\n" not in sentence
