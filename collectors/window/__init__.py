"""The active window: application, title, process, fullscreen or not."""
