"""Observations → event sentences: splices typing, merges runs, names hot-keys, reads titles. Deterministic, no OS."""
