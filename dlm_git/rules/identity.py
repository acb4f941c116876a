"""Rules about the ids of documents."""

from __future__ import annotations

from collections.abc import Iterator

from dlm_git.document.base_models import is_known_base
from dlm_git.document.frontmatter import Frontmatter
from dlm_git.document.parser import parse_document
from dlm_git.paths import shell_quote
from dlm_git.regex import compile_late
from dlm_git.report import Finding
from dlm_git.rules.context import RuleContext
from dlm_git.rules.registry import rule

_LEFTOVER = compile_late(r"\.dlm\.(?:bak|tmp\.[0-9]+\.[0-9a-f]{8})\Z")


@rule("identity", since="0.1.0")
def duplicate_id(context: RuleContext) -> Iterator[Finding]:
    """Two documents have the same id.

    **Why.** The trainer keeps one training store per id: both documents share adapters and logs,
    and rows of the first are mixed into the training of the second.

    **Example.** A document was copied to start a second one.

    **Fix.** Give the copy a new id, a ULID.
    """
    owners: dict[str, str] = {}
    corpus_first = sorted(_frontmatters(context), key=lambda item: item[0] not in context.corpora)
    for path, frontmatter in corpus_first:
        owner = owners.setdefault(frontmatter.dlm_id, path)
        if owner != path:
            yield _id_finding(
                context,
                path,
                f"id '{frontmatter.dlm_id}' is also the id of '{owner}': both share one training"
                " store",
                f"remove the copy, or give it a new id: {_print_new_id(context, frontmatter)}",
            )


@rule("identity", since="0.1.0")
def shared_id(context: RuleContext) -> Iterator[Finding]:
    """A document of another repository has the same id.

    **Why.** The trainer keeps one training store per id: on a machine that trains both
    repositories, each continues from the adapters of the other. Only checks of several
    repositories in one run report this. Repositories cloned from the same URL may share an id.

    **Example.** A repository was created from a template or a fork, together with its document.

    **Fix.** Give the newer repository a new id, a ULID.
    """
    for path, frontmatter in _frontmatters(context):
        others = context.ids_in_other_repos.get(frontmatter.dlm_id)
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            yield _id_finding(
                context,
                path,
                f"id '{frontmatter.dlm_id}' is also used in '{others[0]}'{more}: these repositories"
                " share one training store",
                f"give the newer repository a new id: {_print_new_id(context, frontmatter)}",
            )


@rule("identity", since="0.1.0")
def changed_id(context: RuleContext) -> Iterator[Finding]:
    """The id of a document differs from the previous commit.

    **Why.** The trainer finds the training store by the id. With a new id, everyone loses the
    training so far.

    **Example.** `dlm init --force`; a new document that replaces the old one.

    **Fix.** Restore the old id. If you want a new training store, commit with
    `git commit --no-verify` (with pre-commit or prek,
    `SKIP=dlm-git-check,dlm-git-check-system git commit`), and push with `git push --no-verify`. A
    server that checks pushes accepts it once its config ignores the rule: push
    `changed-id = "a new store"` under `[ignore]` first.
    """
    frontmatters = dict(_frontmatters(context))
    entries = [entry for entry in context.entries if entry.path in context.documents]
    for path, data in context.snapshot.parent_contents(entries).items():
        frontmatter, previous = frontmatters.get(path), parse_document(data).frontmatter
        if frontmatter and previous and frontmatter.dlm_id != previous.dlm_id:
            yield _id_finding(
                context,
                path,
                f"id changed from '{previous.dlm_id}' to '{frontmatter.dlm_id}': dlm no longer"
                " finds the training store",
                f"write `dlm_id: {previous.dlm_id}`, or, if you want a new store,"
                f" {_accept_new_id(context)}",
            )


@rule("identity", since="0.1.0")
def stray_backup(context: RuleContext) -> Iterator[Finding]:
    """A backup or temporary file of the trainer is tracked.

    **Why.** `dlm migrate` leaves `corpus.dlm.bak` behind, and an interrupted write leaves a
    temporary file. Both contain an old document with the same id.

    **Example.** `.dlm/corpus.dlm.bak`.

    **Fix.** Run `git rm --cached .dlm/corpus.dlm.bak`, and add `*.dlm.bak` to `.gitignore`.
    """
    for entry in context.snapshot.containing(b".dlm."):
        if _LEFTOVER.search(entry.path):
            hint = context.command(f"git rm --cached {context.shell_path(entry.path)}")
            message = "a backup or temporary file of dlm is tracked"
            yield context.finding(entry.path, message, hint)


def _frontmatters(context: RuleContext) -> list[tuple[str, Frontmatter]]:
    """Return the accepted frontmatters, by path, in the order of the paths."""
    documents = sorted(context.documents.items())
    return [(path, doc.frontmatter) for path, doc in documents if doc.frontmatter]


def _id_finding(context: RuleContext, path: str, message: str, hint: str) -> Finding:
    span = context.documents[path].value_span(("dlm_id",))
    return context.finding(path, message, hint, span=span)


def _print_new_id(context: RuleContext, frontmatter: Frontmatter) -> str:
    corpus = context.config.corpora[0]
    base = next(iter(corpus.bases), frontmatter.base_model)  # `init` refuses another one
    unlisted = "" if is_known_base(base) else " --unlisted-base"
    directory = f" {context.shell_path(corpus.root or '.')}" if context.are_listed else ""
    command = f"dlm-git init{directory} --name NAME --base {shell_quote(base)}{unlisted} --dry-run"
    is_bare = context.snapshot.revision and not context.snapshot.root()
    return f"{'in a clone, ' if is_bare else ''}`{command}` prints one"


def _accept_new_id(context: RuleContext) -> str:
    if context.snapshot.revision:
        in_config = f"add the rule to {context.config_location('ignore')}"
        if context.snapshot.root():
            return f"{in_config}, or push with `git push --no-verify`, which runs no hooks"
        return in_config
    if context.snapshot.managed:
        return "commit with `SKIP=dlm-git-check,dlm-git-check-system git commit`"
    return "commit with `git commit --no-verify`, which runs no hooks"
