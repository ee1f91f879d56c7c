"""Programs with a window: their start and their end."""
