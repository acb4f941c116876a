"""Git hooks: the scripts dlm-git installs, and the state of the hooks in a repository."""
