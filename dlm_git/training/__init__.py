"""The training set of a document: its sources, their patterns, and the configs below them."""
