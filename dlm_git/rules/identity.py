"""Rules about the ids of documents: each has its own, and keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from shlex import quote

from dlm_git.document.base_models import is_known_base
from dlm_git.document.parser import Document, parse_document
from dlm_git.report import Finding
from dlm_git.rules.context import RuleContext, finding
from dlm_git.rules.registry import rule

_LEFTOVER = re.compile(r"\.dlm\.(?:bak|tmp\.[0-9]+\.[0-9a-f]{8})\Z")


@rule("identity")
def duplicate_id(case: RuleContext) -> Iterator[Finding]:
    """Two documents have the same id.

    **Why.** The trainer keeps one store an id: both documents share adapters and logs, and rows of
    the first are mixed into the training of the second.

    **Example.** A document was copied to begin a second one.

    **Fix.** Give the copy an id of its own, a new ULID.
    """
    owners: dict[str, str] = {}
    for path in sorted(case.documents, key=lambda path: (path != case.corpus_path, path)):
        document = case.documents[path]
        if document.frontmatter is None:
            continue
        owner = owners.setdefault(document.frontmatter.dlm_id, path)
        if owner != path:
            yield finding(
                path,
                f"id '{document.frontmatter.dlm_id}' is that of '{owner}' too, so both share one"
                " training store",
                f"give it a new one: `dlm-git init --name NAME --base {_base(document)} --dry-run`"
                " prints one, or remove the copy",
                document,
                document.value_span(("dlm_id",)),
            )


@rule("identity")
def shared_id(case: RuleContext) -> Iterator[Finding]:
    """A document of another project has the same id.

    **Why.** The trainer keeps one store an id: on a machine that trains both projects, each goes on
    from the adapters of the other. Asked where several repositories are judged in one run; clones
    of one project, by the URL that they were cloned from, are no strangers and may share it.

    **Example.** A repository was made from a template, or forked, and the document came along.

    **Fix.** Give the younger project an id of its own, a new ULID.
    """
    for path, document in case.documents.items():
        others = (
            case.ids_in_other_repos.get(document.frontmatter.dlm_id)
            if document.frontmatter
            else None
        )
        if document.frontmatter and others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            yield finding(
                path,
                f"id '{document.frontmatter.dlm_id}' is that of '{others[0]}'{more} too, so these"
                " projects share one training store",
                "give the younger project an id of its own: `dlm-git init --name NAME --base"
                f" {_base(document)} --dry-run` prints one",
                document,
                document.value_span(("dlm_id",)),
            )


@rule("identity")
def changed_id(case: RuleContext) -> Iterator[Finding]:
    """The id of a document is not what it was in the commit before.

    **Why.** The trainer finds its store by the id: what has been trained so far is lost to
    everybody.

    **Example.** `dlm init --force`, or a document made anew and put in the old one's place.

    **Fix.** Put the old id back. Where a new store is meant, skip the check for this commit, and
    where it is pushed judge it with `--ignore changed-id="a new store"`; a server that judges
    pushes lets it pass once its config ignores the rule: `changed-id = "a new store"` under
    `[ignore]`, in a push before this one.
    """
    known = [entry for entry in case.entries if entry.path in case.documents]
    for path, data in case.snapshot.parent_contents(known).items():
        document, earlier = case.documents[path].frontmatter, parse_document(data).frontmatter
        if document and earlier and document.dlm_id != earlier.dlm_id:
            yield finding(
                path,
                f"id '{document.dlm_id}' was '{earlier.dlm_id}', so the training store is lost",
                f"write 'dlm_id: {earlier.dlm_id}'; if a new store is meant, {_once(case)}",
                case.documents[path],
                case.documents[path].value_span(("dlm_id",)),
            )


@rule("identity")
def stray_backup(case: RuleContext) -> Iterator[Finding]:
    """A backup or a leftover of the trainer's own rewriting is tracked.

    **Why.** `dlm migrate` leaves `corpus.dlm.bak` behind, and a broken-off write a temporary file.
    They hold an old document with the same id.

    **Example.** `.dlm/corpus.dlm.bak`.

    **Fix.** `git rm --cached .dlm/corpus.dlm.bak`, and ignore `*.dlm.bak`.
    """
    for entry in case.snapshot.containing(b".dlm."):
        if _LEFTOVER.search(entry.path):
            yield finding(
                entry.path,
                "a leftover of dlm's own rewriting is tracked",
                f"`git rm --cached {case.shell_path(entry.path)}`",
            )


def _once(case: RuleContext) -> str:
    if case.snapshot.revision:
        return (
            "judge it with `--ignore changed-id='a new store'`,"
            f" or switch the rule off with {case.config_location('ignore')}"
        )
    return "commit with `SKIP=dlm-git-check git commit`"


def _base(document: Document) -> str:
    base = document.frontmatter.base_model if document.frontmatter else ""
    return quote(base) + ("" if is_known_base(base) else " --unlisted-base")
