"""The engine: observations in; events, decisions and suggestions out."""
