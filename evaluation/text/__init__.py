"""How good a model of text is, and figures one learns from."""
