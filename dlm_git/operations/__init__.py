"""The commands as functions that return values."""
