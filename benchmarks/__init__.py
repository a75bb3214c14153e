"""Accuracy and speed beside others; every figure in the docs comes from here."""
