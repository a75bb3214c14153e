"""Who gives live data: one file a provider, each a thin shell around its real client."""
