"""What learns and forecasts: baselines, recurrent networks, the training loop."""
