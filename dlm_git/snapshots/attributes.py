"""The attributes of files in one state, from the `.gitattributes` that Git tracks in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.patterns.glob import IgnoreRule
    from dlm_git.snapshots.conversion import Conversion

    # returns the conversions of paths, given the contents of `.gitattributes` files by path
    Query = Callable[[Mapping[str, bytes], Sequence[str]], Sequence[Conversion]]

# the attributes that change a content, other than its line ends
CONTENT = (b"filter", b"ident", b"working-tree-encoding")
LINE_ENDS = (b"eol",)


def no_conversions(_: Mapping[str, bytes], paths: Sequence[str]) -> Sequence[Conversion]:
    """Return that nothing is converted, as a Query."""
    from dlm_git.snapshots.conversion import Conversion  # late: few repositories convert files

    return [Conversion()] * len(paths)


class Attributes(Value):
    """The contents of `.gitattributes` files by path, and the function that looks up paths.

    An attribute that only one clone has, in `.git/info/attributes` or the user's config, does not
    count.
    """

    files: Mapping[str, bytes]
    query: Query

    def covering(self, names: Collection[bytes]) -> list[IgnoreRule]:
        """Return lines of a `.dlm/ignore` that match at least the files that have an attribute."""
        if not self.files:
            return []
        from dlm_git.patterns.gitattributes import files_setting, rules_covering  # late: rare

        return rules_covering(files_setting(self.files, names), names)

    def conversions(
        self, paths: Iterable[str], names: Collection[bytes] = (*CONTENT, *LINE_ENDS)
    ) -> dict[str, Conversion]:
        """Return the conversions of files, by path; git runs only if a file may have an attribute.

        The result lacks files that none of the attributes converts.
        """
        if not self.files:
            return {}
        from dlm_git.patterns.gitattributes import files_setting, rules_covering  # late: rare
        from dlm_git.patterns.globset import IgnoreSet
        from dlm_git.snapshots.conversion import Conversion

        files = files_setting(self.files, names)
        covering = IgnoreSet(rules_covering(files, names)) if files else None
        covered = [path for path in paths if covering and covering.excludes(path)]
        if not covered:
            return {}
        pairs = zip(covered, self.query(files, covered), strict=True)
        return {path: conversion for path, conversion in pairs if conversion != Conversion()}
