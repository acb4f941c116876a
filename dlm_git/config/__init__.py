"""The configuration of dlm-git: loading, merging with flags, and its schema."""
