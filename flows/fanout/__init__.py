"""Fits and refits beside each other: in processes of this machine, or on a cluster."""
