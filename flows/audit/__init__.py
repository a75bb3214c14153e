"""The leak audit of a user's own data and configuration."""
