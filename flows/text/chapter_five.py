"""Chapter five: forecasting, by the pipeline of the flows `forecast` and `backtest`."""

from __future__ import annotations

from flows.text.chapter_five_examples import (
    metrics,
    multi_step,
    preprocessing,
    refits,
    seq2seq,
    stocks,
    weather,
)
from flows.text.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        "5.1",
        "Preprocessing without leaks",
        "That a scaler fitted on the whole series shows the past its future, and what it takes to "
        "fit it on the training range alone.",
        "features.normalize",
        "5.1-scaling.png",
        preprocessing,
    ),
    Example(
        "5.2",
        "Stocks",
        "That yesterday's price is hard to beat, so a model of prices has to be held against it.",
        "evaluation.verdicts",
        "5.2-stocks.png",
        stocks,
    ),
    Example(
        "5.3",
        "Weather",
        "That a recurrent network beats the naive forecast where there is something to learn.",
        "models.forecaster",
        "5.3-weather.png",
        weather,
    ),
    Example(
        "5.4",
        "Several steps ahead: direct and recursive",
        "That a recursive model eats its own errors, while a direct one learns each step ahead.",
        "models.recursive",
        "5.4-horizons.png",
        multi_step,
    ),
    Example(
        "5.5",
        "Sequence to sequence, with attention over the past",
        "That the decoder of chapters 3 and 4 forecasts numbers too, and which days it looks at.",
        "models.seq2seq",
        "5.5-attention.png",
        seq2seq,
    ),
    Example(
        "5.6",
        "Metrics, and whether a difference is luck",
        "That an error is an estimate with an interval, and that two models may not be told apart.",
        "evaluation.significance",
        "5.6-intervals.png",
        metrics,
    ),
    Example(
        "5.7",
        "Backtests with refits, and live data",
        "That a model in use is trained again as time goes on, and a backtest can do the same.",
        "evaluation.rolling",
        "5.7-refits.png",
        refits,
    ),
)
