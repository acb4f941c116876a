"""Rules about files in the training set that a checkout converts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dlm_git.errors import MissingObjectError
from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.groups import grouped, these
from dlm_git.rules.registry import corpus_rule
from dlm_git.training.training_set import SourceFiles

_LFS = "lfs"
_POINTER_SIZE = 1024  # a pointer is smaller, says the specification of Git LFS


@corpus_rule("training", since="0.1.0")
def pointer_in_training_set(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """The training set contains a Git LFS pointer instead of the content.

    **Why.** If `git lfs` has not fetched the content, as in many CI checkouts, the file is three
    lines of text with a hash, and dlm trains on these.

    **Example.** `*.csv filter=lfs` in `.gitattributes`, and `include: ["**/*"]`.

    **Fix.** Add the suggested line to `.dlm/ignore`. In a working tree, `git lfs pull` fetches the
    content.
    """
    pull = "`git lfs pull`, or " if corpus.files.on_disk else ""
    for source in corpus.lookup.sources:
        candidates = _possible_pointers(context, corpus, source)
        try:
            pointers = _pointers(source, candidates)
        except MissingObjectError as error:
            context.snapshot.skip(error)
            present = [path for path in candidates if path not in error.paths]
            pointers = _pointers(source, present)
        for path, paths in grouped(source, pointers).items():
            plural = "s" if len(paths) > 1 else ""
            message = (
                f"dlm trains on the Git LFS pointer{plural} of {these(paths)}, not the content"
            )
            hint = f"{pull}{corpus.lookup.exclude_hint(source, path)}"
            yield context.finding(path, message, hint)


@corpus_rule("training", since="0.1.0")
def filtered_file_in_training_set(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A file in the training set has a Git filter, so dlm trains on what the filter writes.

    **Why.** A filter converts a file at each checkout, by a program that each clone configures. So
    Git stores another content than the one that dlm reads. git-crypt stores encrypted data, but an
    unlocked clone contains the secret, and a model can repeat it. A clone without the program
    trains on something else.

    This rule reads the `.gitattributes` of the checked state, not `.git/info/attributes`. It never
    runs a filter. Files of Git LFS (`filter=lfs`) are the subject of `pointer-in-training-set`.

    **Example.** `secrets/** filter=git-crypt diff=git-crypt` in `.gitattributes`, and
    `include: ["**/*"]`.

    **Fix.** Add the suggested line to `.dlm/ignore`. To train on the file as Git stores it, remove
    the attribute.
    """
    for source in corpus.lookup.sources:
        filters = _filters(context, source)
        filters = {path: name for path, name in filters.items() if name != _LFS}
        for name, path, paths in _by_value(source, filters):
            hint = corpus.lookup.exclude_hint(source, path)
            yield context.finding(path, _message(name, paths), hint)


@corpus_rule("training", since="0.1.0")
def reencoded_file_in_training_set(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A checkout writes a file of the training set in another encoding than UTF-8.

    **Why.** Git stores the file as UTF-8, so it looks fine in the index. But dlm reads the working
    tree, and only UTF-8: it skips the file in every clone. A file that contains only ASCII is the
    same in most encodings, but not in UTF-16.

    **Example.** `*.ps1 working-tree-encoding=UTF-16LE-BOM` in `.gitattributes`, and
    `include: ["**/*"]`.

    **Fix.** Add the suggested line to `.dlm/ignore`. To train on the file, remove the attribute and
    save the file as UTF-8.
    """
    for source in corpus.lookup.sources:
        encodings = _encodings(context, source)
        for name, path, paths in _by_value(source, encodings):
            message = f"a checkout writes {these(paths)} as {name}, but dlm reads only UTF-8"
            exclude = corpus.lookup.exclude_hint(source, path)
            hint = f"remove the attribute 'working-tree-encoding', or {exclude}"
            yield context.finding(path, message, hint)


def _filters(context: RuleContext, source: SourceFiles) -> dict[str, str]:
    """Return the filters of the files that a source includes, by path."""
    return {path: each.filter for path, _, each in context.converted(source) if each.filter}


def _encodings(context: RuleContext, source: SourceFiles) -> dict[str, str]:
    """Return the encodings of the files that a checkout writes with other bytes, by path."""
    found = {}
    for path, target, conversion in context.converted(source):
        if not conversion.encoding or conversion.filter:
            continue
        entries = context.snapshot.entries(target)
        try:
            blobs = context.snapshot.read(entries)
        except MissingObjectError as error:
            context.snapshot.skip(error)
            continue
        stored = [(blob.data or b"", entry.oid) for entry, blob in zip(entries, blobs, strict=True)]
        if conversion.unapplied or any(conversion.apply(data, o) != data for data, o in stored):
            found[path] = conversion.encoding
    return found


def _by_value(
    source: SourceFiles, values: Mapping[str, str]
) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each value with the paths that have it, by directory."""
    for value in sorted({*values.values()}):
        for path, paths in grouped(source, [p for p in values if values[p] == value]).items():
            yield value, path, paths


def _message(name: str, paths: list[str]) -> str:
    if "crypt" in name.lower():
        return (
            f"the filter '{name}' encrypts {these(paths)} in Git, but dlm trains on the plain"
            " content of an unlocked clone"
        )
    return f"dlm trains on what the filter '{name}' makes of {these(paths)}, not on what Git stores"


def _pointers(source: SourceFiles, paths: Sequence[str]) -> list[str]:
    return sorted(file.path for file in source.read(paths) if file.is_pointer)


def _possible_pointers(context: RuleContext, corpus: Corpus, source: SourceFiles) -> list[str]:
    """Return the files that can be pointers: small ones on disk, else those with the attribute."""
    if corpus.files.on_disk:
        paths = list(source.selected_paths())
        blobs = source.files.contents(paths, [0] * len(paths))
        sizes = zip(paths, blobs, strict=True)
        return [path for path, blob in sizes if blob and 0 < blob.size < _POINTER_SIZE]
    return [path for path, name in _filters(context, source).items() if name == _LFS]
