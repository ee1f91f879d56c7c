"""The keyboard: what was typed (KeyText) and which keys and chords (KeyNamed)."""
