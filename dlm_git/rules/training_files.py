"""Rules about files in the training set that do not belong there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from posixpath import basename

from dlm_git.document.text import Text
from dlm_git.errors import DlmGitError, MissingObjectError
from dlm_git.paths import IGNORE_FILE, OWN_CONFIG, group_by_directory, join
from dlm_git.patterns.defaults import SECRET_KEYS, SECRETS
from dlm_git.patterns.dlmignore import exact_line
from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.patterns.globset import IgnoreSet
from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.groups import MAX_NAMES, it, these
from dlm_git.rules.registry import rule
from dlm_git.snapshots.files import TrackingStatus
from dlm_git.snapshots.overlay import OverlaidFiles
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.ignore_block import (
    BEGIN,
    block_fix,
    block_lines,
    block_paths,
    changed_patterns,
    commented_lines,
    line_numbers,
    make_blocks,
    recorded_patterns,
    tracked_gitignores,
    with_block,
    without_comments,
)
from dlm_git.training.lookup import matchers
from dlm_git.training.training_set import MAX_SOURCES, SourceFiles, expand_sources


@rule("training", requires="corpus", since="0.1.0")
def secret_in_training_set(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A file in the training set may contain credentials.

    **Why.** A model can repeat what it was trained on. dlm's default excludes cover `.env`, `*.pem`
    and a few more names, but not `.npmrc`, `.netrc`, `.aws/credentials`, `id_ecdsa`, `kubeconfig`,
    `credentials.json` and many others. They do not cover `.env` either if a link in a source leads
    to one outside of that source. This rule recognizes such files by name. It reads only `.npmrc`
    and `.yarnrc.yml`, which are harmless without keys such as `_authToken` and `npmAuthToken`.

    **Example.** A tracked `.netrc` and `include: ["**/*"]`; `!.env` in a `.dlm/ignore`;
    `src/settings`, a link to `../.env`, and the source `src`.

    **Fix.** Add the suggested line to `.dlm/ignore`. If the file does contain a credential, revoke
    it: it is in Git's history too. `secrets` in the config adds names in the syntax of
    `.dlm/ignore`; a name with `!` is not reported.
    """
    names = _secret_names(context.config.secrets)
    lookup, allow = corpus.lookup, context.config_location("secrets")
    for source in lookup.sources:
        for path in lookup.candidates(source, names.rules):
            if names.excludes(path) and not _is_harmless(context, source, path):
                message = f"'{path}' may contain credentials and is in the training set"
                exclude = lookup.exclude_hint(source, path)
                name = path if path.startswith("/") else exact_line(path)
                hint = f"{exclude}, or, if it is harmless, add '!{name}' to {allow}"
                yield context.finding(path, message, hint)
        for path, target in _links_out_of(context.snapshot, source):
            if names.excludes(target):
                message = f"'{path}' is a link to '{target}', which may contain credentials"
                exclude = lookup.exclude_hint(source, path)
                hint = f"{exclude}, or, if it is harmless, add '!{target}' to {allow}"
                yield context.finding(path, message, hint)
        if not source.root.path and source.selection.includes(".git/config"):
            message = "'.git/config' may contain a token and is in every clone's training set"
            yield context.finding(".git/config", message, lookup.exclude_hint(source, ".git/"))


@rule("training", requires="corpus", fixable=True, since="0.1.0")
def stale_ignore(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """The dlm-git block in a `.dlm/ignore` is out of date with `.gitignore`.

    **Why.** `.gitignore` has changed since `dlm-git ignore` ran, so dlm may train on files that Git
    now ignores.

    **Example.** A new line `data/` in `.gitignore`, and an older `.dlm/ignore`.

    **Fix.** Run `dlm-git ignore`, then `git add` the file.
    """
    texts = _texts_with_block(corpus)
    if not texts:
        return
    try:
        blocks = make_blocks(
            corpus.lookup.sources,
            tracked_gitignores(context.snapshot),
            {path: _recorded(text.normalized) for path, text in texts.items()},
        )
    except MissingObjectError as error:
        context.snapshot.skip(error)
        return
    except DlmGitError as error:
        yield from (context.finding(path, error.message, error.hint) for path in texts)
        return
    for path, text in texts.items():
        block = blocks.get(path)
        try:
            lines = block_lines(text.normalized)
        except DlmGitError as error:
            yield context.finding(path, error.message, error.hint)
            continue
        if lines is None or (block and without_comments(lines) != block.lines):
            yield context.finding(
                path,
                f"the dlm-git block in {path} is out of date with .gitignore"
                + (_changes(*changed_patterns(lines or (), block)) if block else ""),
                context.command(f"dlm-git ignore && git add {context.shell_path(path)}"),
                fix=block_fix(text, list(commented_lines(block))) if block else None,
            )


@rule("training", requires="corpus", since="0.1.0")
def tracked_file_excluded(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """Only the dlm-git block in a `.dlm/ignore` excludes a tracked file.

    **Why.** The block is translated from `.gitignore`, but Git does track the file: it was added
    with `git add -f`, or dlm's grammar cannot express the pattern. So the training set lacks a file
    that the document includes.

    **Example.** A tracked `pkg/.github/ci.yml`, and `.*` with `!.github` in `.gitignore`.

    **Fix.** Below the block, add a line with `!` and the path to train on the file, or a line with
    the path to exclude it on purpose.
    """
    texts = _texts_with_block(corpus)
    if not texts:
        return
    for source, paths in _excluded_by_block_alone(corpus, texts):
        others = (path for path in source.walk.paths if path not in paths) if paths else ()
        for path, group in group_by_directory(sorted(paths), others).items():
            message = f"Git tracks {these(group)}, but only the dlm-git block excludes {it(group)}"
            yield context.finding(path, message, _block_hint(source, path, group))


@rule("training", requires="corpus", since="0.1.0")
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
        for path, group in _grouped(corpus, source, "ignored", paths):
            hint = corpus.lookup.exclude_hint(source, path)
            if translated.issuperset(group):
                hint = "`dlm-git ignore` excludes the files that .gitignore names"
            message = f"Git ignores {these(group)}, but dlm trains on {it(group)}"
            yield context.finding(path, message, hint)


@rule("training", requires="corpus", since="0.1.0")
def untracked_training_file(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """Git does not track a file in the training set (only with `--worktree`).

    **Why.** dlm walks the directory. So it trains on notes, on other repositories, and on the
    content of submodules and their `.git`, which no other clone has.

    **Example.** `notes.txt`, never added; `third_party/`, which is a repository of its own.

    **Fix.** Run `git add` on the files to train on, and exclude the others with the suggested line.
    """
    for source in corpus.lookup.sources:
        paths = _selected_with_status(corpus, source, "untracked")
        for path, group in _grouped(corpus, source, "untracked", paths):
            message = f"Git does not track {these(group)}, but dlm trains on {it(group)}"
            exclude = corpus.lookup.exclude_hint(source, path)
            hint = f"`git add` the files to train on, or {exclude}"
            yield context.finding(path, message, hint)


@lru_cache(maxsize=16)
def _configured_names(configured: tuple[str, ...]) -> IgnoreSet:
    return IgnoreSet(parse_ignore_lines("\n".join(configured)))


def _secret_names(configured: tuple[str, ...]) -> IgnoreSet:
    return IgnoreSet(parse_ignore_lines("\n".join((*SECRETS, *configured))))


def _is_harmless(context: RuleContext, source: SourceFiles, path: str) -> bool:
    """Return whether a file lacks the keys that alone make files of its name secret.

    A name that the config lists is secret whatever the file contains.
    """
    keys = SECRET_KEYS.get(basename(path))
    if keys is None or _configured_names(context.config.secrets).excludes(path):
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


def _changes(added: Sequence[str], removed: Sequence[str]) -> str:
    """Return which patterns a block lacks, and which it has too many."""
    kinds = {"added": added, "removed": removed}
    return "".join(
        f"; {kind} since: {', '.join(map(repr, names[:MAX_NAMES]))}"
        + ", ..." * (len(names) > MAX_NAMES)
        for kind, names in kinds.items()
        if names
    )


def _recorded(text: str) -> dict[str, bytes]:
    """Return the patterns that the block of a `.dlm/ignore` records, none for a broken block."""
    with suppress(DlmGitError):  # stale-ignore reports it
        return recorded_patterns(text)
    return {}


def _texts_with_block(corpus: Corpus) -> dict[str, Text]:
    """Return the `.dlm/ignore` files that may have a block, by path."""
    return {
        config.ignore_path: config.ignore.text
        for config in corpus.lookup.directory_configs
        if config.ignore and config.ignore.text and BEGIN[:20] in config.ignore.text.normalized
    }


def _excluded_by_block_alone(
    corpus: Corpus, texts: Mapping[str, Text]
) -> Iterator[tuple[SourceFiles, set[str]]]:
    """Yield the sources with the tracked files that they include without the blocks only."""
    try:
        contents = {path: with_block(text.normalized, ()).encode() for path, text in texts.items()}
    except DlmGitError:
        return  # stale-ignore reports a broken block
    files = OverlaidFiles(corpus.files, contents)
    without_blocks = {
        source.index: source
        for source in expand_sources(corpus.document, corpus.path, files, MAX_SOURCES)
        if isinstance(source, SourceFiles)
    }
    for source in corpus.lookup.sources:
        if other := without_blocks.get(source.index):
            included = set(other.selected_paths(_matched_by_block(corpus, source, texts)))
            # `init` adds the config of dlm-git even where Git ignores it
            lost = included.difference(source.selected_paths(included), [OWN_CONFIG])
            yield source, {path for path in lost if corpus.files.status(path) == "tracked"}


def _matched_by_block(
    corpus: Corpus, source: SourceFiles, texts: Mapping[str, Text]
) -> Iterator[str]:
    """Yield the files of a source that lines of the blocks may exclude."""
    for config in source.selection.directory_configs.values():
        if (text := texts.get(config.ignore_path)) is None:
            continue
        if config.directory != source.root.path:
            yield from corpus.files.below(source.root, config.directory)
            continue
        numbers = line_numbers(text.normalized)
        rules = [rule for rule in config.rules.rules if rule.line in numbers]
        yield from corpus.files.candidates(source.root, matchers(rules))


def _block_hint(source: SourceFiles, path: str, paths: Sequence[str]) -> str:
    """Return a hint for files that a block excludes; `path` is that of the file or directory."""
    example = exact_line(source.name(paths[0])[0])
    exclude = exact_line(source.name(path.rstrip("/"))[0] + "/" * path.endswith("/"))
    including = f"add '!{example}'" if len(paths) == 1 else f"add lines such as '!{example}'"
    file = join(source.root.path, IGNORE_FILE)
    return (
        f"below the block in {file}, {including} to include, or '{exclude}' to exclude on purpose"
    )


def _selected_with_status(corpus: Corpus, source: SourceFiles, status: TrackingStatus) -> list[str]:
    """Return the files of the training set on disk with a status in Git."""
    if not corpus.files.on_disk:
        return []
    return [path for path in source.selected_paths() if corpus.files.status(path) == status]


def _grouped(
    corpus: Corpus, source: SourceFiles, status: TrackingStatus, paths: Sequence[str]
) -> Iterator[tuple[str, list[str]]]:
    """Yield the paths by the highest directory in which all files have the status."""
    if paths:
        others = [path for path in source.walk.paths if corpus.files.status(path) != status]
        yield from group_by_directory(paths, others, [source.root.path]).items()


def _excluded_by_blocks(
    snapshot: Snapshot, corpus: Corpus, source: SourceFiles, paths: Sequence[str]
) -> set[str]:
    """Return those of the paths that `dlm-git ignore` would exclude."""
    if not paths:
        return set()
    contents = {}
    try:
        paths_of_blocks = list(block_paths(corpus.lookup.sources))
        blobs = corpus.files.contents(paths_of_blocks)
        texts = {
            path: (blob.data or b"").decode(errors="replace") if blob else ""
            for path, blob in zip(paths_of_blocks, blobs, strict=True)
        }
        recorded = {path: recorded_patterns(text) for path, text in texts.items()}
        blocks = make_blocks(corpus.lookup.sources, tracked_gitignores(snapshot), recorded)
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
