"""The rules; importing the package registers all of them."""

from __future__ import annotations

# in the order of the documentation, and of findings at the same place
# isort: off
from dlm_git.rules import presence as presence
from dlm_git.rules import syntax as syntax
from dlm_git.rules import expectation as expectation
from dlm_git.rules import portability as portability
from dlm_git.rules import patterns as patterns
from dlm_git.rules import ignore_lines as ignore_lines
from dlm_git.rules import training_config as training_config
from dlm_git.rules import training_files as training_files
from dlm_git.rules import ignore_block as ignore_block
from dlm_git.rules import filters as filters
from dlm_git.rules import identity as identity
