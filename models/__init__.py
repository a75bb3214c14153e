"""What learns and forecasts: baselines, classical rivals, recurrent networks, the training loop."""
