"""Observations → event sentences: splices typing, merges runs, names hot-keys, reads titles. Deterministic, no OS."""

from assistant.narrator.machine import Narrator
from assistant.narrator.rejoin import join_bursts

__all__ = ["Narrator", "join_bursts"]
