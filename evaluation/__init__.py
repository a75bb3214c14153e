"""Metrics, rolling-origin backtests, intervals, the honest comparison, plots and the report."""
