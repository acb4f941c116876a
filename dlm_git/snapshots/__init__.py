"""The states of a repository as values, and their files as the trainer meets them."""
