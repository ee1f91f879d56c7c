"""Proactive Assistant: a desktop assistant that knows when to be quiet."""

__version__ = "0.1.0"
