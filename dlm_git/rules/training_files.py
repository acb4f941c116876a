"""Rules about files in the training set that do not belong there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from posixpath import basename

from dlm_git.errors import DlmGitError, MissingObjectError
from dlm_git.paths import fold_case, group_by_directory
from dlm_git.patterns.defaults import SECRET_KEYS, SECRETS
from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.patterns.globset import IgnoreSet
from dlm_git.patterns.matcher import RuleMatcher
from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.groups import it, these
from dlm_git.rules.registry import corpus_rule
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.lookup import matchers
from dlm_git.training.training_set import SourceFiles, expand_sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.statuses import TrackingStatus


@corpus_rule("training", since="0.1.0")
def secret_in_training_set(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A file in the training set may contain credentials.

    **Why.** A model can repeat what it was trained on. dlm's default excludes cover `.env`, `*.pem`
    and a few more names, but not `.npmrc`, `.netrc`, `.aws/credentials`, `id_ecdsa`, `kubeconfig`,
    `credentials.json` and many others. They do not cover `.env` either if a link in a source leads
    to one outside of that source, and never `.ENV`. This rule recognizes such files by name, in
    upper and lower case. It reads only `.npmrc` and `.yarnrc.yml`, which are harmless without keys
    such as `_authToken` and `npmAuthToken`, and without URLs that contain credentials.

    **Example.** A tracked `.netrc` and `include: ["**/*"]`; `!.env` in a `.dlm/ignore`;
    `src/settings`, a link to `../.env`, and the source `src`.

    **Fix.** Add the suggested line to `.dlm/ignore`. If the file does contain a credential, revoke
    it: it is in Git's history too. `secrets` in the config adds names in the syntax of
    `.dlm/ignore`, though case does not count; a name with `!` is not reported.
    """
    names = _secret_names(context.config.secrets)
    lookup, allow = corpus.lookup, context.config_location("secrets")
    for source in lookup.sources:
        candidates = _secret_matchers(context.config.secrets)
        for path in lookup.candidates(source, candidates, any_case=True):
            if names.excludes(fold_case(path)) and not _is_harmless(context, source, path):
                from dlm_git.patterns.dlmignore import exact_line  # late: for findings

                message = f"'{path}' may contain credentials and is in the training set"
                exclude = lookup.exclude_hint(source, path)
                name = path if path.startswith("/") else exact_line(path)
                hint = f"{exclude}, or, if it is harmless, add '!{name}' to {allow}"
                yield context.finding(path, message, hint)
        for path, target in _links_out_of(context.snapshot, source):
            if names.excludes(fold_case(target)):
                message = f"'{path}' is a link to '{target}', which may contain credentials"
                exclude = lookup.exclude_hint(source, path)
                hint = f"{exclude}, or, if it is harmless, add '!{target}' to {allow}"
                yield context.finding(path, message, hint)
        if not source.root.path and source.selection.includes(".git/config"):
            message = "'.git/config' may contain a token and is in every clone's training set"
            yield context.finding(".git/config", message, lookup.exclude_hint(source, ".git/"))


@corpus_rule("training", since="0.1.0")
def ignored_training_file(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """Git ignores a file in the training set (only with `--worktree`).

    **Why.** dlm walks the directory and does not read `.gitignore`. So it trains on build output,
    logs, and local settings with their passwords, which differ from clone to clone.

    **Example.** `config/local.yaml`; `web/node_modules/`, because the default excludes cover only
    `node_modules/` at the root.

    **Fix.** Run `dlm-git ignore`: it translates `.gitignore` into lines of `.dlm/ignore`. With
    `--all-sources` it translates `core.excludesFile` and `info/exclude` too.
    """
    for source in corpus.lookup.sources:
        paths = _selected_with_status(corpus, source, "ignored")
        translated = _excluded_by_blocks(context.snapshot, corpus, source, paths)
        for path, group in _grouped(context.snapshot, corpus, source, "ignored", paths):
            hint = corpus.lookup.exclude_hint(source, path)
            if translated.issuperset(group):
                command = f"dlm-git ignore{context.corpus_option}"
                hint = f"`{command}` excludes the files that .gitignore names"
            message = f"Git ignores {these(group)}, but dlm trains on {it(group)}"
            yield context.finding(path, message, hint)


@corpus_rule("training", since="0.1.0")
def untracked_training_file(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """Git does not track a file in the training set (only with `--worktree`).

    **Why.** dlm walks the directory. So it trains on notes, on other repositories, and on the
    content of submodules and their `.git`, which no other clone has. The check of an index or a
    revision prints a note on the submodules in the sources instead.

    **Example.** `notes.txt`, never added; `third_party/`, which is a repository of its own.

    **Fix.** Run `git add` on the files to train on, and exclude the others with the suggested line.
    """
    for source in corpus.lookup.sources:
        submodules = tuple(f"{path}/" for path in context.snapshot.tracked.submodules)
        paths = _selected_with_status(corpus, source, "untracked")
        for path, group in _grouped(context.snapshot, corpus, source, "untracked", paths):
            message = f"Git does not track {these(group)}, but dlm trains on {it(group)}"
            hint = corpus.lookup.exclude_hint(source, path)
            is_git_file = basename(path) == ".git"  # of a linked worktree or a submodule
            if not is_git_file and not path.startswith(submodules):
                hint = f"`git add` the files to train on, or {hint}"
            yield context.finding(path, message, hint)


@lru_cache(maxsize=16)
def _configured_names(configured: tuple[str, ...]) -> IgnoreSet:
    return IgnoreSet(parse_ignore_lines(fold_case("\n".join(configured))))


@lru_cache(maxsize=16)
def _secret_names(configured: tuple[str, ...]) -> IgnoreSet:
    return IgnoreSet(parse_ignore_lines(fold_case("\n".join((*SECRETS, *configured)))))


@lru_cache(maxsize=16)
def _secret_matchers(configured: tuple[str, ...]) -> list[RuleMatcher]:
    return matchers(_secret_names(configured).rules)


def _is_harmless(context: RuleContext, source: SourceFiles, path: str) -> bool:
    """Return whether a file lacks the keys that alone make files of its name secret.

    A name that the config lists is secret whatever the file contains.
    """
    path_folded = fold_case(path)
    keys = SECRET_KEYS.get(basename(path_folded))
    if keys is None or _configured_names(context.config.secrets).excludes(path_folded):
        return False
    try:
        (file,) = source.read([path])
    except MissingObjectError as error:
        context.snapshot.skip(error)
        return True
    return file.data is not None and not keys.search(file.data.replace(b"\0", b""))  # UTF-16


def _links_out_of(snapshot: Snapshot, source: SourceFiles) -> Iterator[tuple[str, str]]:
    """Yield the tracked links that a source includes and that lead out of it, with the targets.

    The patterns match only their own names, and the target need not be tracked.
    """
    top = source.root.path
    if not top or source.root.is_file:
        return
    for path in snapshot.tracked.links:
        target = snapshot.tracked.target(path) if path.startswith(f"{top}/") else ""
        _, inside = source.name(path, target)
        if target and not inside and source.includes(path, target):
            yield path, target


def _selected_with_status(corpus: Corpus, source: SourceFiles, status: TrackingStatus) -> list[str]:
    """Return the files of the training set on disk with a status in Git."""
    if not corpus.files.on_disk:
        return []
    return [path for path in source.selected_paths() if corpus.files.status(path) == status]


def _grouped(
    snapshot: Snapshot,
    corpus: Corpus,
    source: SourceFiles,
    status: TrackingStatus,
    paths: Sequence[str],
) -> Iterator[tuple[str, list[str]]]:
    """Yield the paths by the highest directory in which all files have the status.

    It is not around a submodule.
    """
    if paths:
        others = [path for path in source.walk.paths if corpus.files.status(path) != status]
        others += snapshot.tracked.submodules
        yield from group_by_directory(paths, others, [source.root.path]).items()


def _excluded_by_blocks(
    snapshot: Snapshot, corpus: Corpus, source: SourceFiles, paths: Sequence[str]
) -> set[str]:
    """Return those of the paths on disk that `dlm-git ignore` would exclude."""
    if not paths:
        return set()
    from dlm_git.snapshots.overlay import OverlaidFiles  # late: for findings
    from dlm_git.training.ignore_block import (
        block_paths,
        make_blocks,
        recorded_patterns,
        tracked_gitignores,
        with_block,
    )

    contents = {}
    paths_of_blocks = list(block_paths(corpus.lookup.sources))
    blobs = list(corpus.files.contents(paths_of_blocks))
    gitignores = tracked_gitignores(snapshot)
    try:
        texts = {
            path: (blob.data or b"").decode(errors="replace") if blob else ""
            for path, blob in zip(paths_of_blocks, blobs, strict=True)
        }
        recorded = {path: recorded_patterns(text) for path, text in texts.items()}
        blocks = make_blocks(corpus.lookup.sources, gitignores, recorded)
        for path, block in blocks.items():
            contents[path] = with_block(texts[path], block.lines).encode()
    except DlmGitError:
        return set()
    updated = expand_sources(corpus.document, corpus.path, OverlaidFiles(corpus.files, contents))
    return {
        path
        for other in updated
        if isinstance(other, SourceFiles) and other.index == source.index
        for path in paths
        if not other.includes(path)
    }
