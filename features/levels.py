"""The levels of probability that quantiles are forecast, calibrated and judged at."""

from __future__ import annotations

LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""The grid of all Q quantiles, symmetric about the median; its ends bound the 90 % interval."""
MEDIAN = LEVELS.index(0.5)
"""Place of the median, which is the point forecast."""
