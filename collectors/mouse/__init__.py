"""The mouse: clicks and wheel, never positions or movement."""
