"""What a Prefect server can start, by itself or when asked."""
