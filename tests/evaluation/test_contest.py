"""Who is the champion: only evidence changes it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.backtest import Backtest
from evaluation.conformal import calibrated
from evaluation.contest import CHALLENGER, CHAMPION, MARGIN, Decision, decide
from features.panel import Floats
from tests.evaluation.toys import backtest_of, with_half_widths

H = 3
Numbers = np.random.Generator
WIDE = 1.645


def contest_of(
    champion: float, challenger: float, origins: int = 120, seed: int = 0, bias: float = 0.0
) -> Backtest:
    """Two series; both models err normally, with these standard deviations."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(2, origins, H))
    return backtest_of(
        y,
        champion=y + rng.normal(scale=champion, size=y.shape),
        challenger=y + bias + rng.normal(scale=challenger, size=y.shape),
    )


def promised(backtest: Backtest, champion: float, challenger: float) -> Backtest:
    """With 90 % intervals of these half widths."""
    widths = {CHAMPION: champion, CHALLENGER: challenger}
    return with_half_widths(backtest, {m: np.full((2, H), w) for m, w in widths.items()})


def judged(champion: float, challenger: float, origins: int = 120, seed: int = 0) -> Decision:
    """Of models that know how much they err."""
    backtest = contest_of(champion, challenger, origins, seed)
    return decide(promised(backtest, WIDE * champion, WIDE * challenger))


def test_a_better_challenger_is_promoted_and_the_sentence_says_why() -> None:
    decision = judged(1.0, 0.5)
    assert decision.promoted
    assert decision.evidence is not None
    assert decision.evidence.skill == pytest.approx(0.5, abs=0.1)
    assert decision.sentence.startswith(
        "The challenger is promoted: on 120 origins from 2020-01-01 to 2020-04-29, the challenger "
        "beats the champion at every step ("
    )
    assert "p < 0.001); its 90 % interval holds" in decision.sentence


def test_a_worse_challenger_is_refused() -> None:
    decision = judged(0.5, 1.0)
    assert not decision.promoted
    assert "The champion stays" in decision.sentence
    assert "the challenger loses to the champion at every step" in decision.sentence


@settings(max_examples=15)
@given(st.integers(0, 1000), st.booleans(), st.integers(1, 90))
def test_equal_models_never_promote(seed: int, holes: bool, origins: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(2, origins, H))
    y[rng.random(y.shape) < 0.3 * holes] = np.nan
    same = np.nan_to_num(y) + rng.normal(size=y.shape)
    backtest = calibrated(backtest_of(y, champion=same, challenger=same.copy()))
    assert not decide(backtest).promoted


def test_models_that_are_equally_good_are_hardly_ever_changed() -> None:
    changed = [judged(1.0, 1.0, seed=seed).promoted for seed in range(40)]
    assert np.mean(changed) <= 0.05  # one side of a two-sided test at 5 %


@settings(max_examples=15)
@given(st.integers(0, 31), st.floats(0.01, 0.5))
def test_too_few_origins_never_promote(origins: int, challenger: float) -> None:
    decision = judged(1.0, challenger, origins) if origins else decide(None)
    assert not decision.promoted
    assert "too few to tell" in decision.sentence or "no origin" in decision.sentence


def test_no_origin_at_all_is_said() -> None:
    decision = decide(None)
    assert decision.evidence is None
    assert "nothing could be compared" in decision.sentence


@settings(max_examples=15)
@given(st.integers(0, 100), st.floats(0.5, 1.5))
def test_the_order_of_models_and_of_origins_does_not_matter(seed: int, challenger: float) -> None:
    backtest = promised(contest_of(1.0, challenger, seed=seed), WIDE, WIDE * challenger)
    turned = replace(backtest, forecasts=dict(reversed(backtest.forecasts.items())))
    assert decide(turned) == decide(backtest)
    back = {model: forecast[:, ::-1] for model, forecast in backtest.forecasts.items()}
    reverse = decide(replace(backtest, y=backtest.y[:, ::-1], forecasts=back))
    one, other = reverse.evidence, decide(backtest).evidence
    assert one is not None
    assert other is not None
    assert (one.mae, one.p, one.crps) == pytest.approx((other.mae, other.p, other.crps))


@settings(max_examples=15)
@given(st.integers(0, 100), st.floats(0.4, 1.6), st.sampled_from([1e-6, 1.0, 1e6]))
def test_the_unit_does_not_matter_and_not_both_win(
    seed: int, challenger: float, unit: float
) -> None:
    backtest = contest_of(1.0, challenger, seed=seed)

    def decision(champion: Floats, rival: Floats) -> bool:
        whole = backtest_of(unit * backtest.y, champion=unit * champion, challenger=unit * rival)
        return decide(promised(whole, unit * 2, unit * 2)).promoted

    own, other = backtest.forecasts[CHALLENGER], backtest.forecasts[CHAMPION]
    won = decision(other, own)
    assert won == decide(promised(backtest, 2.0, 2.0)).promoted
    assert not (won and decision(own, other))


@settings(max_examples=15)
@given(st.floats(0.0, 4.0), st.integers(0, 20))
def test_who_is_promoted_is_better_and_no_worse_calibrated(width: float, seed: int) -> None:
    decision = decide(promised(contest_of(1.0, 0.6, seed=seed), WIDE, width))
    found = decision.evidence
    assert found is not None
    if decision.promoted:
        assert found.mae < found.champion_mae
        assert found.p < 0.05
        assert abs(found.coverage_90 - 0.9) <= abs(found.champion_coverage_90 - 0.9) + MARGIN
        assert not (found.p_crps < 0.05 and found.crps > found.champion_crps)


def test_intervals_that_promise_too_much_are_a_veto() -> None:
    decision = decide(promised(contest_of(1.0, 0.6), WIDE, 0.2))
    assert not decision.promoted
    assert "beats the champion" in decision.sentence
    assert "but it is worse calibrated: its 90 % interval holds" in decision.sentence


def test_a_worse_distribution_is_a_veto_though_it_covers_alike() -> None:
    backtest = contest_of(1.0, 0.9, origins=400)
    close = backtest.y + np.sign(backtest.forecasts[CHAMPION] - backtest.y) * 0.5
    far = backtest.y + np.sign(backtest.forecasts[CHAMPION] - backtest.y) * 1.0
    worse = backtest_of(backtest.y, champion=far, challenger=close)
    decision = decide(promised(worse, 0.01, 0.01))
    assert decision.promoted  # both cover nothing, and the challenger is nearer
    decision = decide(promised(worse, 1.01, 60.0))  # all is inside of both
    assert not decision.promoted
    assert "but its CRPS is" in decision.sentence


def test_without_intervals_nothing_is_promoted() -> None:
    backtest = promised(contest_of(1.0, 0.5), np.nan, np.nan)
    decision = decide(backtest)
    assert not decision.promoted
    assert "too few errors are known" in decision.sentence


def test_a_champion_that_diverged_is_replaced() -> None:
    backtest = contest_of(1.0, 0.5)
    wild = np.where(backtest.y > 2, np.inf, backtest.forecasts[CHAMPION])
    diverged = replace(backtest, forecasts=backtest.forecasts | {CHAMPION: wild})
    assert decide(promised(diverged, WIDE, WIDE / 2)).promoted
    turned = {CHAMPION: backtest.forecasts[CHALLENGER], CHALLENGER: wild}
    assert not decide(promised(replace(backtest, forecasts=turned), WIDE, WIDE)).promoted


@pytest.mark.parametrize("decision", [judged(1.0, 0.5), judged(1.0, 0.5, 5), decide(None)])
def test_the_evidence_is_plain_json(decision: Decision) -> None:
    text = json.dumps(decision.plain(), allow_nan=False)
    assert json.loads(text)["promoted"] == decision.promoted
