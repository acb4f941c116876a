"""Find out whether a listing of a tree is complete: by the trees on the way to its last row."""

from __future__ import annotations

from dlm_git.git.objects import Objects


def ends_as_tree(objects: Objects, tree: str, rows: bytes) -> bool:
    """Return whether the last row of a listing is the last one of a tree.

    tree: a name of the tree.
    rows: a NUL and the output of `git ls-tree -r -t -z`.

    An entry of a tree ends with a space, a name, a NUL and the bytes of an object id. Raises
    DlmGitError if a tree cannot be read.
    """
    row = rows[rows.rfind(b"\0", 0, -1) + 1 : -1]
    head, _, path = row.partition(b"\t")
    kind, oid = head.decode().split(" ")[1:] if row else ("tree", "")
    for name in filter(None, path.split(b"/")):
        content = objects.read_tree(tree)
        entry_end = len(content) - len(oid) // 2
        if not content[:entry_end].endswith(b" %b\0" % name):
            return False
        tree = content[entry_end:].hex()
    if oid not in ("", tree):
        return False
    return kind != "tree" or not objects.read_tree(tree)  # its entries would follow
