"""Benchmarks that run dlm-git next to comparable tools: `python -m benchmarks`."""
