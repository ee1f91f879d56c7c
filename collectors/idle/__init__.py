"""Away, back, locked, suspended; and the OS's idle clock for the watchdog."""
