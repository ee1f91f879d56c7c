"""The senses: what the assistant sees, one folder each, one file per display server, and a fake."""
