"""What a model may see: sources, contract, calendars, splits, scaling, origins."""
