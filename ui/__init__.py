"""What the owner sees of the assistant: popup, notification, terminal."""
