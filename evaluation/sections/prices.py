"""What a rule on the forecasts of prices would have earned."""

from __future__ import annotations

import math

from evaluation import interactive
from evaluation.numbers import NOTHING, number, signed_percent
from evaluation.sections.drawing import Drawing, drawing
from evaluation.tables import Cell, Table, plain_table
from evaluation.trading import HOLD, Trading

MEANINGS = {
    "Sharpe ratio": "Mean over standard deviation of the net returns, times the root of the"
    " periods a year.",
    "deflated": "Probability that the true ratio is above what the best of as many worthless rules"
    " would show by luck, given the number, skew and tails of the returns. 0.95 is asked for.",
    "above 0": "The same for a single rule that nobody picked: that its true ratio is above 0.",
    "net return": "A year, compound, after costs.",
    "largest loss": "From a peak to the lowest point after it.",
    "turnover": "What is bought and sold in a year, as a multiple of what is invested.",
    "held": "Share of the time in which a series is held.",
}


def ratios(trading: Trading) -> Table:
    """One row a rule by Sharpe ratio, then buying and holding."""
    rows = [
        [
            Cell(str(name)),
            *(Cell(number(row[c]), "number") for c in ("sharpe", "deflated", "probabilistic")),
            Cell(signed_percent(row["return"]), "number"),
            Cell(_percent(row["drawdown"]), "number"),
            Cell(number(row["turnover"]), "number"),
            Cell(_percent(row["held"]), "number"),
        ]
        for name, row in trading.table().iterrows()
    ]
    caption = f"Each model's rule, net of {trading.cost:g} basis points a trade, a year."
    return Table(caption, ["rule", *MEANINGS], rows)


def growth(trading: Trading) -> Drawing:
    """What 1 becomes under each rule; the table has the last day of each year."""
    wealth = (1 + trading.returns).cumprod()
    years = wealth.groupby(wealth.index.year).last().rename_axis("end of")
    caption = "What 1 becomes under each rule, after costs"
    figure = interactive.growth_figure(trading.returns, HOLD)
    return drawing(figure, caption, plain_table(caption, years))


def _percent(share: float) -> str:
    return NOTHING if math.isnan(share) else f"{100 * share:.1f} %"
