"""Do the patterns select what they are meant to, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from dlm_git import block
from dlm_git.descent import Descent, below
from dlm_git.fault import Path
from dlm_git.filenames import DIRECTORIES
from dlm_git.finding import CannotCheck, Edit, Finding, Fix, Span
from dlm_git.globs import IgnoreRule
from dlm_git.globset import of_rule
from dlm_git.meant import Meant, in_case_of, is_odd, meant
from dlm_git.mending import Written
from dlm_git.rules.case import Case, Rule, finding
from dlm_git.selection import relative
from dlm_git.text import Text
from dlm_git.training_set import Expansion

_MAX_PATTERNS = 256  # each that matches nothing is looked for among all names
_COUNTED = 100
_READ = 16  # files at a time, until one is text


def dead_pattern(case: Case) -> Iterator[Finding]:
    """A pattern matches nothing.

    **Why.** dlm's patterns are neither the shell's nor Git's: braces and brackets are literal, a
    slash at the beginning or the end and `./` match nothing, case counts. A pattern that matches
    nothing is passed over in silence, and the files that it means are not learned, or are.

    **Example.** `include: ["**/*.{md,rst}"]`; `exclude: ["/build/"]`; `include: ["Docs/**"]`.

    **Fix.** Write the pattern that the help line gives: `"**/*.md", "**/*.rst"`. Of an `exclude`
    that just matches nothing yet, such as `build/**`, nothing is said.
    """
    for expansion in case.tree.expansions:
        source = ("training", "sources", expansion.index)
        globs = expansion.selection
        for key, patterns in (("include", globs.include), ("exclude", globs.exclude)):
            for number, pattern in enumerate(patterns.patterns[:_MAX_PATTERNS]):
                said = _dead(case, expansion, pattern, key)
                if said and case.corpus:
                    yield _at_pattern(case, said, (*source, key, number), pattern)
        for each in expansion.selection.anchored.values():
            yield from _dead_settings(case, expansion, each)


def empty_training_set(case: Case) -> Iterator[Finding]:
    """A source selects no text at all.

    **Why.** The trainer says nothing about it and learns the document's body alone, which in a
    scaffolded one is a comment.

    **Example.** `include: ["**/*.rs"]` in a repository of Python; a repository in which nothing
    but `.dlm/` is tracked yet.

    **Fix.** `git add` what is to be learned, or correct the patterns: `dlm-git files --skipped`
    says why each file is left out.
    """
    for expansion in case.tree.expansions:
        if not _selects_text(case, expansion):
            path = expansion.selection.source.path
            tracked = "tracked " if case.snapshot.checkout is None else ""
            message = (
                f"source '{path}' selects no {tracked}file with text: the model learns nothing"
            )
            help_ = "`git add` what it is to learn, or see `dlm-git files --skipped`"
            assert case.corpus  # noqa: S101  (expansions come from nowhere else)
            span = case.corpus.place(("training", "sources", expansion.index, "path"))
            yield finding(case.corpus_path, message, help_, case.corpus, span)


def dead_ignore_line(case: Case) -> Iterator[Finding]:
    """A line of a `.dlm/ignore` can leave nothing out.

    **Why.** The grammar looks like Git's and is another one: a bare name is a file's and not a
    directory's, `/build/` and `docs/generated/` match nothing, there are no classes and no
    escapes. dlm then reads what the line is meant to keep out.

    **Example.** `node_modules`; `/build/`; `docs/generated/`; `*.py[co]`.

    **Fix.** Write the line that the help gives, or let `dlm-git ignore` carry `.gitignore` over.
    """
    for each in case.tree.descents:
        text = each.ignore.text if each.ignore else None
        for rule in _own_rules(each):
            said = _dead_line(case, each, rule)
            if said and text:
                span = _line(text, rule.line)
                message = f"line '{rule}' leaves nothing out: {said.reason}"
                help_ = " and ".join(f"'{line}'" for line in said.patterns)
                help_ = f"write {help_}" if help_ else "remove it"
                fix = _lines_instead(text, span, said)
                yield finding(each.ignore_path, message, help_, text=text, span=span, fix=fix)


def broken_training_config(case: Case) -> Iterator[Finding]:
    """A `.dlm/training.yaml` or `.dlm/ignore` is one that dlm does not take.

    **Why.** The trainer notes it in its log and goes on as if the file were not there, so all that
    the file excludes is learned. A date that does not exist even ends it with a traceback.

    **Example.** `excludes: ["*.csv"]`, an unknown key; YAML that does not load; a file in Latin-1;
    `.dlm/training.yml`, which is never read.

    **Fix.** Mend the key or the YAML at the place that is named.
    """
    for each in case.tree.descents:
        settings = each.settings
        if settings and settings.broken:
            message = f"dlm ignores this file: {settings.broken}"
            what = settings.fix.title if settings.fix else "mend it"
            help_ = f"{what}, or all that it excludes is learned"
            text, span = settings.text, settings.span
            yield finding(
                each.training_path, message, help_, text=text, span=span, fix=settings.fix
            )
        for fault in settings.faults if settings else ():
            key = ".".join(map(str, fault.path))
            what = f"unknown key '{key}'" if fault.kind == "unknown" else f"the value of '{key}'"
            wanted = f"did you mean '{fault.near}'?" if fault.near else f"expected {fault.wanted}"
            if fault.kind == "unknown" and not fault.near:
                wanted = (
                    "the keys are 'include', 'exclude', 'exclude_defaults', 'metadata', 'weights'"
                )
            span = settings.place(fault.path, at_key=fault.kind == "unknown") if settings else None
            text = settings.text if settings else None
            message = f"dlm ignores this file because of {what}"
            yaml = settings.yaml if settings and fault.near else None
            write = yaml and (yaml.key if fault.kind == "unknown" else yaml.value)
            fix = write(fault.path, fault.near) if write else None
            yield finding(each.training_path, message, wanted, text=text, span=span, fix=fix)
        if each.ignore and each.ignore.broken:
            message = f"dlm ignores this file: {each.ignore.broken}"
            yield finding(each.ignore_path, message, "save it as UTF-8, or all of it is learned")
    misnamed = (entry.path for entry in case.snapshot.hidden(b".dlm/training.yml\0"))
    for path in misnamed:
        right = path.removesuffix(".yml") + ".yaml"
        message = f"dlm never reads this file: it looks for '{right}'"
        yield finding(path, message, f"`git mv {case.pasted(path)} {case.pasted(right)}`")


def widening_training_config(case: Case) -> Iterator[Finding]:
    """A `.dlm` directory below the root lets in what the document does not.

    **Why.** A nested `training.yaml` replaces the document's `include` for all that is below it and
    can switch the default excludes off, a `!` in a nested `ignore` overrides every exclude: a
    submodule or a vendored package can so put itself, its keys too, into the training.

    **Example.** `third_party/pkg/.dlm/training.yaml` with `include: ["**/*"]`.

    **Fix.** Leave the directory out by a line such as `/third_party/pkg/**` in `.dlm/ignore`, or
    remove the nested file.
    """
    for expansion in case.tree.expansions:
        for anchor, each in expansion.selection.anchored.items():
            if not anchor or not (each.config or each.rules.rules):
                continue
            without = expansion.selection.without(each)
            below_it = (
                relative(path, expansion.root.top)
                for path in case.tree.paths(expansion, each.anchor)
            )
            wider = (n for n in below_it if expansion.selection.takes(n) and not without.takes(n))
            names = list(islice(wider, _COUNTED))
            if names:
                yield _widening(case, expansion, each, names)


RULES: tuple[Rule, ...] = (
    dead_pattern,
    empty_training_set,
    dead_ignore_line,
    broken_training_config,
    widening_training_config,
)


@dataclass(frozen=True, slots=True)
class _Dead:
    """What is to be said of a dead pattern, and what was meant by it."""

    message: str
    help: str
    meant: Meant | None = None

    def fix(self, yaml: Written | None, place: Path) -> Fix | None:
        """The patterns that were meant in its place; for certain if each of them matches."""
        if not (self.meant and self.meant.patterns and yaml):
            return None
        return yaml.item(place, self.meant.patterns, safe=self.meant.certain)


def _at_pattern(case: Case, said: _Dead, place: Path, pattern: str) -> Finding:
    assert case.corpus  # noqa: S101  (patterns come from nowhere else)
    key = str(place[-2])
    wanted = (getattr(each, key) or () for each in case.config.expected_sources or ())
    span = case.corpus.place(place)
    if any(pattern in patterns for patterns in wanted):  # to mend it here alone is to differ
        where = case.set_in("sources" if case.config.sources else key)
        help_ = f"{said.help}, here and under {where}"
        return finding(case.corpus_path, said.message, help_, case.corpus, span)
    fix = said.fix(case.yaml, place)
    return finding(case.corpus_path, said.message, said.help, case.corpus, span, fix=fix)


def _dead(case: Case, expansion: Expansion, pattern: str, key: str) -> _Dead | None:
    """What is to be said of a pattern of a source, if it is dead."""

    def matches(tried: str) -> bool:
        return case.tree.matches(expansion, tried)

    if matches(pattern):
        return None
    found = meant(pattern, matches)
    if found is None:
        cased = _in_other_case(case, expansion, pattern)
        found = Meant("case counts", (cased,)) if cased else None
    if found is None and key == "exclude" and not is_odd(pattern):
        return None  # it matches nothing yet
    where = "file" if case.snapshot.checkout else "tracked file"
    message = f"{key} pattern '{pattern}' matches no {where}"
    if found is None:
        return _Dead(message, "correct it, or remove it")
    return _Dead(f"{message}: {found.reason}", _advice(found), found)


def _advice(found: Meant) -> str:
    if not found.patterns:
        return "write it in dlm's grammar ('*', '**', '?'), or remove it"
    quoted = [f"'{pattern}'" for pattern in found.patterns]
    if len(quoted) == 1:
        return f"write {quoted[0]}"
    counted = {2: "two", 3: "three", 4: "four"}.get(len(quoted), str(len(quoted)))
    return f"write {counted} patterns, {', '.join(quoted[:-1])} and {quoted[-1]}"


def _in_other_case(case: Case, expansion: Expansion, pattern: str) -> str | None:
    path = case.tree.matched_in_any_case(expansion, pattern)
    return in_case_of(pattern, path) if path else None


def _dead_settings(case: Case, expansion: Expansion, each: Descent) -> Iterator[Finding]:
    """The dead patterns that a `training.yaml` includes; they count from the source's root."""
    if not each.config or not each.settings:
        return
    anchor = each.anchor[len(expansion.root.top) :].lstrip("/")
    for number, pattern in enumerate(each.config.include[:_MAX_PATTERNS]):
        said = _dead(case, expansion, pattern, "include")
        if not said:
            continue
        message, help_ = said.message, said.help
        fix = said.fix(each.settings.yaml, ("include", number))
        if anchor and case.tree.matches(expansion, below(anchor, pattern)):
            where = "file" if case.snapshot.checkout else "tracked file"
            message = f"include pattern '{pattern}' matches no {where}: dlm counts it from the root"
            message += " of the source"
            help_ = f"write '{below(anchor, pattern)}'"
            fix = _Dead("", "", Meant("", (below(anchor, pattern),), certain=True)).fix(
                each.settings.yaml, ("include", number)
            )
        span = each.settings.place(("include", number))
        text = each.settings.text
        yield finding(each.training_path, message, help_, text=text, span=span, fix=fix)
    for number, pattern in enumerate(each.config.exclude[:_MAX_PATTERNS]):
        found = meant(pattern, lambda tried: case.tree.matches(expansion, below(anchor, tried)))
        if case.tree.matches(expansion, below(anchor, pattern)) or found is None:
            continue
        message = f"exclude pattern '{pattern}' matches nothing below its directory: {found.reason}"
        span = each.settings.place(("exclude", number))
        text = each.settings.text
        fix = _Dead(message, "", found).fix(each.settings.yaml, ("exclude", number))
        yield finding(each.training_path, message, _advice(found), text=text, span=span, fix=fix)


def _selects_text(case: Case, expansion: Expansion) -> bool:
    paths = case.tree.taken(expansion)
    while some := list(islice(paths, _READ)):
        try:
            if any(member.reason == "taken" for member in expansion.looked_into(some)):
                return True
        except CannotCheck:  # of a partial clone: the contents are elsewhere, the names are here
            return True
    return False


def _dead_line(case: Case, each: Descent, rule: IgnoreRule) -> Meant | None:
    """Why a line is dead, and the lines that say what it was meant to."""
    name = rule.pattern
    negated = "!" * rule.negated
    if of_rule(rule) is None:
        whole = f"{negated}/{name}/**" if rule.anchored or "/" in name else f"{negated}{name}/**"
        what = "a slash at both ends" if rule.anchored else "a slash at the end and one inside"
        return Meant(f"dlm has no such form, with {what}", (whole,))
    if rule.directory or case.tree.speaks(each, rule):
        return None
    start = negated + "/" * rule.anchored
    said = set(map(str, each.rules.rules))
    inside = replace(rule, pattern=f"{name}/**")
    if str(inside) in said or str(replace(rule, directory=True)) in said:
        return None  # somebody said both
    if name in DIRECTORIES or case.tree.speaks(each, inside):
        line = f"{start}{name}/" if not rule.anchored and "/" not in name else f"{start}{name}/**"
        return Meant("it is the name of a directory, and dlm asks about files only", (line,))
    if " #" in name:
        return Meant(
            "dlm knows no comments behind a pattern", (start + name.partition(" #")[0].rstrip(),)
        )
    if not is_odd(name) or name.startswith(" "):
        return None
    found = meant(name, lambda _: True)
    if found and found.patterns and found.reason.startswith(("dlm takes", "patterns begin")):
        return Meant(found.reason, tuple(start + pattern for pattern in found.patterns[:4]))
    return None


def _lines_instead(text: Text, span: Span, said: Meant) -> Fix | None:
    if not said.patterns:
        return None
    edit = Edit(span.start, span.end, text.newline.join(said.patterns))
    return Fix(f"write {' and '.join(map(repr, said.patterns))}", (edit,), safe=False)


def _own_rules(each: Descent) -> list[IgnoreRule]:
    """The rules that somebody wrote; those of a block have been made."""
    text = each.ignore.text if each.ignore else None
    made = block.line_numbers(text.clean) if text else range(0)
    return [rule for rule in each.rules.rules if rule.line not in made]


def _line(text: Text, number: int) -> Span:
    starts = [0]
    for line in text.clean.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    end = starts[number - 1] + len(text.clean.splitlines()[number - 1])
    return text.span(starts[number - 1], end)


def _widening(case: Case, expansion: Expansion, each: Descent, names: Sequence[str]) -> Finding:
    config = each.config
    negated = next((rule for rule in each.rules.rules if rule.negated), None)
    count = f"{len(names)}{'+' * (len(names) == _COUNTED)} file{'s' * (len(names) > 1)}"
    example = below(expansion.root.top, names[0])
    message = f"lets in {count} that the document leaves out, such as '{example}'"
    line = case.tree.leaving_out(expansion, f"{each.anchor}/")
    remove = f"remove '{each.anchor}/.dlm'"
    if (
        negated
        and each.ignore
        and each.ignore.text
        and expansion.selection.decide(names[0]).file == each.ignore_path
    ):
        text = each.ignore.text
        help_ = f"remove the line, or {remove}: no other file can undo a '!' of it"
        return finding(each.ignore_path, message, help_, text=text, span=_line(text, negated.line))
    settings = each.settings
    key = "include" if config and config.include else "exclude_defaults"
    span = settings.place((key,)) if settings else None
    text_ = settings.text if settings else None
    return finding(each.training_path, message, f"{line}, or {remove}", text=text_, span=span)
