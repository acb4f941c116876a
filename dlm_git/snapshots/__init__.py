"""The recorded state of a repository as plain values, searchable without Git."""
