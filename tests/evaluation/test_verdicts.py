from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from evaluation import verdicts as words
from evaluation.backtest import Backtest
from evaluation.phrases import doubt
from evaluation.significance import significance
from tests.evaluation.toys import backtest_of


def headline(test: Backtest) -> str:
    return words.headline(test, significance(test))


def choice(validation: Backtest, test: Backtest) -> str:
    return words.choice(validation, test, significance(test))


def verdicts(test: Backtest) -> list[str]:
    return words.verdicts(test, significance(test))


def judged(origins: int = 290, series: int = 2, horizon: int = 3, **mae: float) -> Backtest:
    """A backtest in which each model misses every point by so much."""
    y = np.zeros((series, origins, horizon))
    return backtest_of(y, **{name: y + by for name, by in mae.items()})


def lucky(origins: int = 200, series: int = 1, gain: float = 0.0, seed: int = 0) -> Backtest:
    """Naive and a network that errs as much at random, or less by `gain`, at steps 1 to 3."""
    y, noise = np.random.default_rng(seed).normal(size=(2, series, origins, 3))
    return backtest_of(y, naive=np.zeros_like(y), gru_direct=0.3 * noise + gain * y)


def test_a_win_is_told_with_its_size_and_how_sure_it_is() -> None:
    told = verdicts(lucky(gain=0.3))[0]
    assert re.fullmatch(
        r"gru-direct beats naive at every step: MAE 0\.\d+ against 0\.\d+ \(\d\d\.\d % lower, 95 %"
        r" interval \d\d?\.\d to \d\d\.\d %; p < 0\.001\), over 200 origins\.",
        told,
    ), told


def test_a_lead_that_may_be_luck_is_no_win() -> None:
    test = lucky(gain=0.04)
    told, found = verdicts(test)[0], significance(test).of("gru-direct", "naive")
    assert found.difference < 0
    assert found.p_adjusted > 0.05
    assert told.startswith("gru-direct cannot be told from naive: MAE ")
    assert re.search(r"interval \u2212\d\.\d to \d\.\d %; p = 0\.\d{3}\)", told), told
    assert headline(test).startswith(
        "No network beats the naive forecast on these 200 origins by more than luck:"
        " the MAE of gru-direct is "
    )


def test_a_loss_is_told_as_plainly() -> None:
    told = verdicts(judged(1000, 1, naive=2.0, seasonal_naive=1.8, gru_direct=2.5))
    assert told == [
        "seasonal-naive beats naive at every step: MAE 1.80 against 2.00 (10.0 % lower, 95 %"
        " interval 10.0 to 10.0 %; p < 0.001), over 1,000 origins.",
        "naive loses to seasonal-naive at every step: MAE 2.00 against 1.80 (11.1 % higher, 95 %"
        " interval 11.1 to 11.1 %; p < 0.001), over 1,000 origins.",
        "gru-direct loses to naive at every step: MAE 2.50 against 2.00 (25.0 % higher, 95 %"
        " interval 25.0 to 25.0 %; p < 0.001); loses to seasonal-naive at every step: MAE 2.50"
        " against 1.80 (38.9 % higher, 95 % interval 38.9 to 38.9 %; p < 0.001), over 1,000"
        " origins.",
    ]


@pytest.mark.parametrize(
    ("errors", "want"),
    [
        ([0.5, 0.9, 1.0, 1.0], "beats naive at steps 1\u20132, not beyond:"),
        ([0.5, 1.0, 0.5, 0.5], "beats naive at steps 1 and 3\u20134, not at the others:"),
        ([0.5, 0.9, 0.9, 0.9], "beats naive at every step:"),
        ([0.5, 0.9, 0.9, 1.1], "beats naive over all steps, but is worse at step 4:"),
        ([1.1, 1.1, 1.1, 0.9], "loses to naive over all steps, but is better at step 4:"),
        ([1.0, 1.2, 1.0, 1.0], "loses to naive at step 2, not at the others:"),
        (
            [0.9, 1.1, 1.0, 1.0],
            "equals naive:",
        ),
    ],
)
def test_the_steps_are_told(errors: list[float], want: str) -> None:
    y = np.zeros((1, 64, 4))
    told = verdicts(backtest_of(y, naive=y + 1.0, gru_direct=y + errors))
    assert any(want in one for one in told if one.startswith("gru-direct")), told


def test_steps_of_a_model_that_cannot_be_told_apart() -> None:
    y = np.zeros((1, 64, 2))
    wave = np.where(np.arange(64) % 2, 5.0, -5.0)[None, :, None] * [0, 1]
    told = verdicts(backtest_of(y, naive=y + 10, gru_direct=y + 10 + wave + [-0.1, 0.15]))
    assert any(
        "gru-direct cannot be told from naive over all steps, but is better at step 1: " in one
        for one in told
    ), told


def test_few_origins_are_said_to_be_few() -> None:
    told = verdicts(judged(20, 1, horizon=6, naive=2.0, gru_direct=1.9))
    assert told[0] == (
        "gru-direct is ahead of naive, but 20 origins are too few to tell, it takes 48:"
        " MAE 1.90 against 2.00 (5.0 % lower), over 20 origins."
    )
    assert headline(judged(1, 1, horizon=1, naive=2.0, gru_direct=2.1)) == (
        "1 origin is too few to tell whether a network beats the naive forecast, it takes 32:"
        " the MAE of gru-direct is 5.0 % higher."
    )


def test_a_hairs_breadth_is_called_one() -> None:
    told = verdicts(judged(290, 1, naive=2.0, gru_direct=1.9999))
    assert "MAE 1.9999 against 2.0000 (less than 0.1 % lower, 95 % interval 0.0 to 0.0 %" in told[0]


def test_a_p_value_is_never_rounded_over_the_level() -> None:
    one = significance(lucky()).comparisons[0]
    assert "p = 0.0496" in doubt(replace(one, p_adjusted=0.0496))
    assert "p = 0.004" in doubt(replace(one, p_adjusted=0.00412))
    assert "p = 1.000" in doubt(replace(one, p_adjusted=1.0))


def test_equal_is_equal() -> None:
    told = verdicts(judged(290, 1, naive=2.0, seasonal_naive=2.0))
    assert told[1] == "seasonal-naive equals naive: MAE 2.00 against 2.00, over 290 origins."


def test_a_diverged_model_loses() -> None:
    told = verdicts(judged(290, 1, naive=2.0, gru_direct=np.inf))
    assert told[1] == "gru-direct loses to naive: MAE inf against 2, over 290 origins."
    assert told[0] == "naive beats the best of the others (gru-direct), over 290 origins."
    assert headline(judged(naive=2.0, gru_direct=np.inf)) == (
        "No network beats the naive forecast on these 290 origins."
    )


def test_two_that_diverged_are_not_called_too_few_origins() -> None:
    told = verdicts(judged(290, 1, naive=np.inf, gru_direct=np.inf))
    assert told[1].startswith("gru-direct diverged, and so did naive: MAE ")


def test_the_choice_says_what_the_verdicts_say() -> None:
    rng = np.random.default_rng(6)
    y = np.zeros((1, 120, 3))
    sizes = {"naive": 1.0, "gru_direct": 1.0, "lstm_direct": 1.0, "theta": 1.0, "ridge": 0.85}
    test = backtest_of(y, **{m: by * rng.normal(size=y.shape) for m, by in sizes.items()})
    found = significance(test)
    for model in ("naive", "gru-direct", "lstm-direct", "theta"):
        chosen = {name.replace("-", "_"): 1.0 for name in test.models} | {
            model.replace("-", "_"): 0.5
        }
        told = words.choice(judged(50, 1, 3, **chosen), test, found)
        (verdict,) = (one for one in words.verdicts(test, found) if one.startswith(f"{model} "))
        assert ("better beyond luck" in told) == ("loses to the best of the others" in verdict)


def test_a_classical_model_that_beats_naive_is_named_where_no_network_does() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=(1, 200, 3))
    told = headline(
        backtest_of(y, naive=0 * y, gru_direct=0.3 * rng.normal(size=y.shape), theta=0.5 * y)
    )
    assert told.startswith("No network beats the naive forecast")
    assert "Of the others, theta does: its MAE is 50.0 % lower (95 % interval" in told


def test_alone_there_is_nothing_to_beat() -> None:
    assert verdicts(judged(290, 1, naive=2.0)) == [
        "naive is the reference, with MAE 2.00, over 290 origins."
    ]
    assert verdicts(judged(290, 1, gru_direct=2.0)) == [
        "gru-direct has no reference, and MAE 2.00, over 290 origins."
    ]


def test_the_best_of_the_others_is_told_briefly() -> None:
    told = verdicts(judged(naive=2.0, theta=1.5, gru_direct=1.2))
    assert "; loses to the best of the others (gru-direct) at every step (25.0 % higher," in told[1]


def test_series_that_are_won_and_those_beyond_luck() -> None:
    rng = np.random.default_rng(0)
    y, noise = rng.normal(size=(2, 2, 200, 1))
    better = np.stack([0.3 * noise[0] + 0.06 * y[0], 0.5 * y[1]])
    told = verdicts(backtest_of(y, naive=0 * y, gru_direct=better))[0]
    assert ", better on 2 of 2 series (1 beyond luck), over 200 origins \u00d7 2 series." in told
    uneven = np.zeros((2, 5, 1)) + np.array([0.0, 3.0]).reshape(2, 1, 1)
    lost = verdicts(backtest_of(0 * uneven, naive=0 * uneven + 2, gru_direct=uneven))[0]
    assert "better on 1 of 2 series, over" in lost


SURE = "(95 % interval {0} to {0} %; p < 0.001)."
RIVAL = "drift, the best of the baselines and classical models"


@pytest.mark.parametrize(
    ("mae", "want"),
    [
        (
            {"naive": 1.0, "gru_direct": 1.1, "lstm_direct": 1.0},
            "No network beats the naive forecast on these 1,000 origins: lstm-direct equals it.",
        ),
        (
            {"naive": 1.0, "gru_direct": 1.1},
            "No network beats the naive forecast on these 1,000 origins: the MAE of gru-direct is"
            " 10.0 % higher " + SURE.format("10.0"),
        ),
        (
            {"naive": 1.0, "gru_direct": 0.9},
            "The network gru-direct beats the naive forecast on these 1,000 origins: its MAE is"
            " 10.0 % lower " + SURE.format("10.0"),
        ),
        (
            {"naive": 1.0, "drift": 0.8, "gru_direct": 0.9},
            "The network gru-direct beats the naive forecast on these 1,000 origins: its MAE is"
            f" 10.0 % lower {SURE.format('10.0')} gru-direct loses to {RIVAL} (12.5 % higher, "
            + SURE.format("12.5")[1:],
        ),
        (
            {"naive": 1.0, "seasonal_naive": 2.0, "drift": 0.95, "gru_direct": 0.9, "b": 0.91},
            "Both networks beat the naive forecast on these 1,000 origins: the MAE of gru-direct is"
            f" 10.0 % lower {SURE.format('10.0')} gru-direct beats {RIVAL} (5.3 % lower, "
            + SURE.format("5.3")[1:],
        ),
        (
            {"naive": 1.0, "a": 0.9, "b": 0.7, "c": 1.5},
            "2 of 3 networks beat the naive forecast on these 1,000 origins: the MAE of b is"
            " 30.0 % lower " + SURE.format("30.0"),
        ),
        (
            {"naive": 1.0, "drift": 0.9},
            "No network was run; drift has the lowest MAE on these 1,000 origins.",
        ),
        (
            {"gru_direct": 0.9},
            "No naive forecast was run on these 1,000 origins,"
            " so nothing is said about beating it.",
        ),
    ],
)
def test_the_headline(mae: dict[str, float], want: str) -> None:
    y = np.zeros((1, 1000, 3))
    assert headline(backtest_of(y, **{name: y + by for name, by in mae.items()})) == want


def test_a_champion_has_a_headline_of_its_own() -> None:
    y = np.zeros((1, 1000, 3))
    test = backtest_of(y, **{"ridge": y + 0.9, "naive": y + 1.0, "seasonal-naive": y + 1.1})
    found = significance(test)
    assert words.headline(test, found, "ridge") == (
        "On these 1,000 origins, the champion ridge beats the naive forecast at every step (10.0 %"
        " lower, " + SURE.format("10.0").removeprefix("(").removesuffix(".") + "."
    )
    assert words.headline(test, found, "naive") == (
        "The champion is the naive forecast; ridge has the lowest MAE on these 1,000 origins."
    )


def test_where_rmse_says_otherwise_the_reader_is_told() -> None:
    """Few large errors: the lower MAE has the higher RMSE."""
    y = np.zeros((1, 40, 1))
    rare = np.zeros((1, 40, 1))
    rare[0, ::10] = 4.0
    test = backtest_of(y, naive=y + 1, gru_direct=rare, lstm_direct=y + 0.5)
    assert " By RMSE, only 1 of them does." in headline(test)
    assert "p = 0.003), though its RMSE is higher;" in verdicts(test)[0]
    alone = backtest_of(y, naive=y + 1, gru_direct=rare)
    assert headline(alone).endswith(". By RMSE, it does not.")


def test_where_nothing_was_observed_nothing_is_claimed() -> None:
    y = np.full((1, 4, 2), np.nan)
    ahead = backtest_of(y, naive=np.zeros_like(y), gru_direct=np.zeros_like(y))
    assert headline(ahead).startswith("Nothing can be judged on these 4 origins")
    assert verdicts(ahead) == [headline(ahead)]
    known = judged(4, 1, naive=1.0, gru_direct=2.0)
    assert choice(known, ahead).endswith("The test range holds no point to judge it on.")


@pytest.mark.parametrize(
    ("origins", "sure"),
    [(90, "better beyond luck"), (9, "9 origins are too few to tell, it takes 32")],
)
def test_the_choice_tells_validation_and_test_apart(origins: int, sure: str) -> None:
    validation = judged(50, 1, naive=2.0, gru_direct=1.5, lstm_direct=1.6)
    test = judged(origins, 1, naive=1.8, gru_direct=1.9, lstm_direct=1.7)
    assert choice(validation, test) == (
        "Use gru-direct: it has the lowest MAE of 3 models on the validation range (1.50). On the"
        " test range, which took no part in this choice, its MAE is 1.90, rank 3 of 3 (lowest:"
        f" lstm-direct, 1.70; {sure})."
    )
    assert choice(validation, validation).endswith("its MAE is 1.50, the lowest there too.")


def test_a_choice_that_cannot_be_told_from_the_best() -> None:
    validation, test = judged(50, 1, naive=2.0, gru_direct=1.5), lucky(gain=0.0)
    assert choice(validation, test).endswith("; the two cannot be told apart).")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("origins", [1, 31, 60])
def test_every_sentence_is_one(origins: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    test = lucky(origins, 2, seed=seed)
    y = np.where(rng.random(test.y.shape) < 0.3, np.nan, test.y)
    more = {"theta": rng.normal(size=y.shape), "a": np.where(y > 2, np.inf, 0.0), "b": 0 * test.y}
    test = replace(test, y=y, forecasts=test.forecasts | more)
    for sentence in [headline(test), choice(test, test), *verdicts(test)]:
        assert sentence.endswith(".")
        assert not re.search(r"\n|nan|  |\(\)| ,|\u2212?0\.0 % (lower|higher)", sentence), sentence
