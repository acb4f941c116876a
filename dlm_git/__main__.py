"""`python -m dlm_git` is `dlm-git`."""

from dlm_git.cli.main import run

run()
