"""Measuring on a virtual desktop: what `assistant bench` prints and the desktop tests use."""
