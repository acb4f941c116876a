"""The files of CI systems and of pre-commit: which of them run dlm-git. Nothing is executed."""
