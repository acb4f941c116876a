"""A change of one text file in the working tree."""

from __future__ import annotations

from posixpath import split

from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, read_file, replace_file
from dlm_git.values import Value


class FileChange(Value):
    """The text of a file in the working tree, and the text that it should have.

    path: relative to the root of the working tree.
    before: None if there is no file.
    after: the new text.
    """

    path: str
    before: str | None
    after: str

    @property
    def needed(self) -> bool:
        """Return True if the file does not have the new text yet."""
        return (self.before or "") != self.after

    def write(self, root: str) -> None:
        """Write the new text below `root`, if that is needed.

        Raises DlmGitError if another process has changed the file, or if it cannot be written.
        """
        if not self.needed:
            return
        folder, name = split(self.path)
        data = self.after.encode()
        if self.before is None:
            if not create_file(root, folder, name, data):
                raise self._conflict("written")
        elif read_file(root, self.path) != self.before.encode():
            raise self._conflict("changed")
        else:
            replace_file(root, folder, name, data)

    def _conflict(self, verb: str) -> DlmGitError:
        message = f"'{self.path}' was {verb} by another process"
        return DlmGitError(message, "run the command again")
