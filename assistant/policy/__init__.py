"""What may be recorded and what may be shown: pure decisions, no OS call."""
