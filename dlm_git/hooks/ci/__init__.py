"""The files of CI systems, and which of them run dlm-git. Nothing is executed."""
