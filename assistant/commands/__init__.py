"""The commands of ``assistant``, a module for each group."""
