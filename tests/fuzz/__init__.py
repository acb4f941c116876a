"""Mutations of the inputs that others can commit or push: `python -m tests.fuzz`."""
