"""How long dlm-git takes, side by side with its peers: `python -m benchmarks`."""
